const panel = element("story");
const PAIR = new Set(Object.values(data.calls_of_the_pair));
let opened = null;

function line(list, name, content) {
    if (content === undefined || content === null || content === "") return;
    const value = make("dd");
    value.append(typeof content === "string" ? foreign(content) : content);
    list.append(make("dt", null, name), value);
}

function statementLines(list, numbers) {
    for (const number of numbers) {
        const [id, page, text] = groupText(number);
        const told = make("span");
        told.append(make("b", null, id), ` ${page}`, make("br"), text);
        line(list, "statement", told);
    }
}

function callItem(number, micros) {
    const [name, args, result, error, thread, inside] = data.calls[number];
    const item = make("li", PAIR.has(name) ? "pair" : null);
    const answer = result === null ? "did not return" : `= ${result}`;
    item.append(make("b", null, name), "(", foreign(args), ") ",
        make("b", null, answer + (error ? `, error ${error}` : "")));
    const notes = [micros !== null && micros !== undefined && `${micros} \u00b5s`,
        thread !== null && `thread ${thread}`,
        inside !== null && `inside call ${Number(inside) + 1}`].filter(Boolean);
    item.append(make("span", null, ` ${notes.join(", ")}`));
    return item;
}

function callsList(caseNumber, columnNumber, story) {
    const list = make("ol", "calls");
    const times = columns[columnNumber].times[caseNumber] || [];
    list.append(...data.sequences[story.calls - 1].map((number, place) => callItem(number, times[place])));
    return list;
}

const STATES = {
    met: "this is expected", expired: "this was expected, but the expectation has expired",
    differs: "something else is expected here",
};

function expectationLines(list, caseNumber, columnNumber) {
    const found = expectedAt(caseNumber, columnNumber);
    if (!found) return;
    const {verdict, observed, sometimes, reason, owner, link, until, place} = data.expectations[found[0]];
    const often = sometimes ? ", not in every run" : "";
    line(list, "expectation", `${STATES[found[1]]}: ${verdict}, ${observed || "no answer"}${often}`);
    line(list, "because", reason);
    line(list, "owner", [owner, until && `until ${until}`, link, place].filter(Boolean).join(", "));
}

function command(text) {
    return make("code", "command", text);
}

function aloneText(item, column) {
    const manifests = column.manifests.map(name => ` --manifest "${name}"`).join("");
    return `wspcheck run${manifests} --provider "${column.entry}" --case ${item.id} --trace all`;
}

function verdictLine(verdict, known) {
    const told = make("span");
    const word = make("b", `badge ${verdict.name}${known ? "" : verdict.red ? " red" : ""}`, verdict.name);
    told.append(word, ` ${verdict.meaning}`);
    return told;
}

function storyLines(caseNumber, columnNumber) {
    const item = cases[caseNumber];
    const column = columns[columnNumber];
    const run = data.runs[column.run];
    const story = storyAt(caseNumber, columnNumber);
    const list = make("dl");
    const verdict = verdicts.get(letterAt(caseNumber, columnNumber));
    line(list, "verdict", verdictLine(verdict, isKnown(caseNumber, columnNumber)));
    line(list, "entry", column.entry);
    line(list, "environment", column.label);
    const own = story.statements && story.statements.map(id => statements.findIndex(each => each[0] === id));
    statementLines(list, own || item.statements);
    line(list, "expected", story.expected);
    line(list, "observed", story.observed);
    line(list, "reason", story.reason);
    line(list, "broken by", story.blame);
    line(list, "crash", crashText(story));
    if (story.order_dependent) line(list, "only after", (story.after || []).join(", ") || "other cases");
    if (story.unsteady) line(list, "unsteady", "its repeats differ; this is the worst");
    expectationLines(list, caseNumber, columnNumber);
    line(list, "grade", story.grade);
    line(list, "source", story.location);
    line(list, "alone", command(aloneText(item, column)));
    if (story.calls)
        line(list, "as C",
            command(`python -m wspmatrix repro "${run.file}" ${item.id} "${column.entry}" -o repro.c`));
    const hash = column.sha256 && `SHA-256 ${column.sha256}`;
    line(list, "DLL", [column.dll, column.version, hash].filter(Boolean).join(", "));
    return list;
}

function tell(caseNumber, columnNumber, takeFocus) {
    opened = {case: caseNumber, column: columnNumber};
    const title = make("h2");
    title.tabIndex = -1;
    title.append(foreign(cases[caseNumber].id));
    const close = make("button", null, "close");
    close.id = "close";
    close.type = "button";
    close.addEventListener("click", closeStory);
    panel.replaceChildren(close, title, storyLines(caseNumber, columnNumber));
    const story = storyAt(caseNumber, columnNumber);
    if (story.calls)
        panel.append(make("h3", null, "calls, in their order"), callsList(caseNumber, columnNumber, story));
    panel.hidden = false;
    panel.scrollTop = 0;
    layOut();
    goTo(caseNumber, columnNumber);
    if (takeFocus) title.focus();
    if (panel.offsetTop > grid.offsetTop) panel.scrollIntoView({block: "nearest"});
    writeAddress();
}

function closeStory() {
    opened = null;
    panel.hidden = true;
    layOut();
    if (active) goTo(active.case, active.column);
    grid.focus();
    writeAddress();
}

panel.addEventListener("keydown", event => {
    if (event.key === "Escape") closeStory();
});
