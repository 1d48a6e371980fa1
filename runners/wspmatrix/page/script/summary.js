const FIRST = 8;
const FIRST_IF_ALL_KNOWN = 3;

/* The red cells that tell the same of one statement, told once: the worst first, then the most frequent. */
function redStories() {
    const found = new Map();
    columns.forEach((column, columnNumber) => {
        for (let number = 0; number < cases.length; number++) {
            if (!isRed(number, columnNumber)) continue;
            const story = storyAt(number, columnNumber);
            const known = isKnown(number, columnNumber);
            const key = [known, column.cells[number], cases[number].statements[0], story.expected,
                story.observed,
                story.reason, story.blame, crashText(story)].join("\u0000");
            if (!found.has(key)) found.set(key, {known, letter: column.cells[number], story, cells: []});
            found.get(key).cells.push([number, columnNumber]);
        }
    });
    const rank = item => verdicts.get(item.letter).rank;
    return [...found.values()].sort((a, b) => rank(b) - rank(a) || b.cells.length - a.cells.length);
}

function redItem(item) {
    const [caseNumber, columnNumber] = item.cells[0];
    const verdict = verdicts.get(item.letter);
    const [id, page, text] = groupText(cases[caseNumber].statements[0]);
    const told = make("li");
    const open = make("button", "link");
    open.type = "button";
    open.append(make("b", `badge ${verdict.name}${item.known ? "" : " red"}`, verdict.name), " ",
        make("b", null, id), ` ${text || page}`);
    open.addEventListener("click", () => show(caseNumber, columnNumber));
    told.append(open);
    const {expected, observed, reason} = item.story;
    const place = crashPlace(item.story);
    const said = [expected && `expected ${expected}`, observed && `observed ${observed}`,
        place && `at ${place}`, reason];
    told.append(make("div", "said", said.filter(Boolean).join("; ") || verdict.meaning));
    const many = new Set(item.cells.map(cell => cell[0]));
    const what = many.size === 1 ? cases[caseNumber].id : count(many.size, "case", "cases");
    told.append(make("div", "where", `${what} on ${whereText(item.cells.map(cell => cell[1]), 12)}`));
    if (item.known) {
        const reasons = new Set(item.cells.map(cell => data.expectations[expectedAt(...cell)[0]].reason));
        told.append(make("div", "where", `expected, because: ${listed([...reasons], 3)}`));
    }
    return told;
}

/* Opens a cell from the summary; filters that hide it are taken back. */
function show(caseNumber, columnNumber) {
    if (!shownCases.includes(caseNumber) || !shownColumns.includes(columnNumber)) resetFilters();
    tell(caseNumber, columnNumber, true);
    grid.scrollIntoView({block: "nearest"});
}

function fillList(list, items, one, first) {
    list.append(...items.slice(0, first).map(one));
    if (items.length <= first) return;
    const more = make("button", null, `show the other ${items.length - first}`);
    more.type = "button";
    more.addEventListener("click", () => {
        const rest = items.slice(first).map(one);
        list.append(...rest);
        more.remove();
        rest[0].querySelector("button").focus();
    });
    list.after(more);
}

function cellsOf(items) {
    return items.reduce((sum, item) => sum + item.cells.length, 0);
}

function drawRed() {
    const all = redStories();
    const news = all.filter(item => !item.known);
    const known = all.filter(item => item.known);
    const nothing = known.length ? "Nothing: all that is red is as an expectation says." : "Nothing is red.";
    if (!news.length) element("red-news").after(make("p", null, nothing));
    fillList(element("red-news"), news, redItem, FIRST);
    fillList(element("red-known-list"), known, redItem, news.length ? FIRST : FIRST_IF_ALL_KNOWN);
    element("red-known").open = !news.length;
    const cells = cellsOf(known);
    const what = cells ? "What is red and not expected" : "What is red";
    const many = news.length ? `: ${count(cellsOf(news), "cell", "cells")}` : "";
    element("red-title").textContent = what + many;
    element("red-known").hidden = !cells;
    element("red-known").querySelector("summary").textContent =
        `Red and expected: ${count(cells, "cell", "cells")}, each with its reason`;
}

/* Each kind of provider that is there, and who is of it; one whose two calls differ is told by both. */
function drawFamilies() {
    const names = Object.values(data.calls_of_the_pair);
    const found = new Map();
    columns.forEach((column, number) => {
        const numbers = column.family.map(item => item[0]);
        const key = numbers.join(",");
        if (!found.has(key)) found.set(key, {numbers, columns: []});
        found.get(key).columns.push(number);
    });
    const most = [...found.values()].sort((a, b) => b.columns.length - a.columns.length);
    for (const {numbers, columns: own} of most) {
        const same = numbers.every(number => number === numbers[0]);
        const told = same ? data.families[numbers[0]].name
            : numbers.map((number, place) => `${names[place]} ${data.families[number].name}`).join(", ");
        const value = make("dd");
        value.append(make("div", null, whereText(own, 60)));
        for (const number of new Set(numbers)) {
            const {name, meaning} = data.families[number];
            value.append(make("div", "where", same ? meaning : `${name}: ${meaning}`));
        }
        element("families").append(make("dt", null, told), value);
    }
}

function drawRuns() {
    for (const run of data.runs) {
        const system = [run.os, run.kernel && `kernel ${run.kernel}`, run.wine && `Wine ${run.wine}`, run.arch].filter(Boolean).join(", ");
        const cut = run.ended ? "" : " Cut short: the records have no end.";
        const told = make("p");
        told.append(make("b", null, run.environment),
            `: suite ${run.suite}, started ${run.started}, on ${system}.${cut}`);
        element("runs").append(told);
    }
}
