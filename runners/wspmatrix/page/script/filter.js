/* What the reader asked to see. `narrow` is "", "yes" or "no"; `known` is "", "news" or "known". */
const view = {
    verdicts: new Set(), statement: "", entry: "", environment: "", text: "", known: "", differs: false,
    narrow: "",
};
let shownCases = cases.map((_, number) => number);
let shownColumns = columns.map((_, number) => number);

const caseTexts = cases.map(item => [item.id, ...item.statements.map(number => statements[number].join(" "))]
    .join("\n").toLowerCase());
const answers = new Map();
const answerOf = stories.map(story => {
    const text = story.observed || "";
    if (!answers.has(text)) answers.set(text, answers.size);
    return answers.get(text);
});
let storyTexts = null;

function textsOfStories() {
    storyTexts ||= stories.map(story => [story.expected, story.observed, story.reason, story.blame,
        story.location,
        crashText(story)].filter(Boolean).join("\n").toLowerCase());
    return storyTexts;
}

/* A name fits what was typed if it is just that, or holds one of the parts between commas. */
function namesThatFit(names, typed) {
    const wanted = typed.trim().toLowerCase();
    if (!wanted) return null;
    const exact = names.filter(name => name.toLowerCase() === wanted);
    if (exact.length) return new Set(exact);
    const parts = wanted.split(",").map(part => part.trim()).filter(Boolean);
    return new Set(names.filter(name => parts.some(part => name.toLowerCase().includes(part))));
}

function columnsThatFit() {
    const entries = namesThatFit([...new Set(columns.map(column => column.entry))], view.entry);
    const labels = namesThatFit([...new Set(columns.map(column => column.label))], view.environment);
    return columns.flatMap((column, number) =>
        (!entries || entries.has(column.entry)) && (!labels || labels.has(column.label)) ? [number] : []);
}

function differsIn(caseNumber, columnNumbers) {
    let letter = null;
    let answer = -1;
    for (const number of columnNumbers) {
        const own = letterAt(caseNumber, number);
        if (own === " ") continue;
        const story = columns[number].stories[caseNumber];
        const ownAnswer = story < 0 ? -1 : answerOf[story];
        if (letter === null) [letter, answer] = [own, ownAnswer];
        else if (own !== letter || ownAnswer !== answer) return true;
    }
    return false;
}

function cellFits(caseNumber, columnNumber, textFits, hits) {
    const letter = letterAt(caseNumber, columnNumber);
    if (letter === " " || (view.verdicts.size && !view.verdicts.has(letter))) return false;
    if (view.known) {
        if (!verdicts.get(letter).red) return false;
        if (isKnown(caseNumber, columnNumber) !== (view.known === "known")) return false;
    }
    return textFits || hits[columns[columnNumber].stories[caseNumber]] === 1;
}

function casesThatFit(columnNumbers) {
    const wanted = view.text.trim().toLowerCase();
    const hits = wanted ? Uint8Array.from(textsOfStories(), text => text.includes(wanted) ? 1 : 0) : null;
    const statement = statements.findIndex(item => item[0] === view.statement);
    return cases.flatMap((item, number) => {
        if (view.statement && !item.statements.includes(statement)) return [];
        const textFits = !wanted || caseTexts[number].includes(wanted);
        const fits = columnNumbers.some(column => cellFits(number, column, textFits, hits));
        return fits && (!view.differs || differsIn(number, columnNumbers)) ? [number] : [];
    });
}

/* Whether a cell is one of those that the filters ask for, or only stands in their row. */
function isAskedFor(letter) {
    return !view.verdicts.size || view.verdicts.has(letter);
}

function filter() {
    shownColumns = columnsThatFit();
    shownCases = casesThatFit(shownColumns);
    layOut();
    const many = shownColumns.length === columns.length ? count(columns.length, "column", "columns")
        : `${shownColumns.length} of ${count(columns.length, "column", "columns")}`;
    element("shown").textContent = `${shownCases.length} of ${count(cases.length, "case", "cases")}, ${many}`;
    writeAddress();
}
