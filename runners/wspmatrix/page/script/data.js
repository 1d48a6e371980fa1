const data = JSON.parse(document.getElementById("data").textContent);
const verdicts = new Map(data.verdicts.map((verdict, rank) => [verdict.letter, {...verdict, rank}]));
const {cases, columns, statements, stories} = data;
const NOTHING = {};

function element(id) {
    return document.getElementById(id);
}

/* What comes from records reaches the document here, as text, and nowhere as markup. */
function make(tag, className, text) {
    const made = document.createElement(tag);
    if (className) made.className = className;
    if (text !== undefined && text !== null) made.textContent = text;
    return made;
}

function foreign(text) {
    return make("bdi", null, text);
}

function count(number, one, many) {
    return `${number.toLocaleString("en")} ${number === 1 ? one : many}`;
}

function letterAt(caseNumber, columnNumber) {
    return columns[columnNumber].cells[caseNumber];
}

function storyAt(caseNumber, columnNumber) {
    return stories[columns[columnNumber].stories[caseNumber]] || NOTHING;
}

/* [number of the expectation, "met" or "expired" or "differs"], or undefined. */
function expectedAt(caseNumber, columnNumber) {
    return columns[columnNumber].expected[caseNumber];
}

function isRed(caseNumber, columnNumber) {
    const verdict = verdicts.get(letterAt(caseNumber, columnNumber));
    return verdict !== undefined && verdict.red;
}

/* A red cell that somebody expects just so. */
function isKnown(caseNumber, columnNumber) {
    const expected = expectedAt(caseNumber, columnNumber);
    return expected !== undefined && expected[1] === "met" && isRed(caseNumber, columnNumber);
}

function crashPlace(story) {
    const crash = new Map(story.crash || []);
    return [crash.get("module"), crash.get("offset")].filter(part => part !== undefined).join(" + ");
}

function crashText(story) {
    const crash = new Map(story.crash || []);
    const place = crashPlace(story);
    const known = new Set(["code", "module", "offset", "call", "thread"]);
    const rest = [...crash].filter(([name]) => !known.has(name)).map(pair => pair.join(" "));
    return [crash.get("code"), place && `at ${place}`, crash.get("call") && `in ${crash.get("call")}`,
        crash.get("thread") && `thread ${crash.get("thread")}`, ...rest].filter(Boolean).join(", ");
}

const severalLabels = new Set(columns.map(column => column.label)).size > 1;

const columnNames = columns.map(({entry, label}) => severalLabels ? `${entry} on ${label}` : entry);

const labelsOfEntry = new Map();
for (const column of columns) {
    if (!labelsOfEntry.has(column.entry)) labelsOfEntry.set(column.entry, new Set());
    labelsOfEntry.get(column.entry).add(column.label);
}

/* Texts in a row, each cut where it is too long for one, and how many more there are than `most`. */
function listed(texts, most) {
    const rest = texts.length > most ? ` and ${texts.length - most} more` : "";
    return texts.slice(0, most).map(text => short(text, 200)).join(", ") + rest;
}

function short(text, most) {
    return text.length > most ? `${text.slice(0, most - 1)}\u2026` : text;
}

function labelsText(entry, labels) {
    if (!severalLabels) return "";
    const all = labelsOfEntry.get(entry).size;
    return labels.size === all && all > 1 ? ` in all ${all} environments` : ` on ${listed([...labels], 4)}`;
}

/* Columns in words: each entry once, those with the same environments together. */
function whereText(columnNumbers, most) {
    const found = new Map();
    for (const number of columnNumbers) {
        const {entry, label} = columns[number];
        if (!found.has(entry)) found.set(entry, new Set());
        found.get(entry).add(label);
    }
    const together = new Map();
    for (const [entry, labels] of found) {
        const text = labelsText(entry, labels);
        together.set(text, [...together.get(text) || [], entry]);
    }
    const parts = [...together].map(([text, entries]) => listed(entries, most) + text);
    return parts.slice(0, most).join("; ") + (parts.length > most ? "; and others" : "");
}
