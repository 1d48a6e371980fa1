/* The view as the part of the address after #, so that it can be sent: what differs from the plain page. */
let writing = 0;
let known = ""; // The address as last read or written here; another one came from the reader.

function addressOfView() {
    const words = new URLSearchParams();
    const chosen = data.verdicts.filter(verdict => view.verdicts.has(verdict.letter));
    if (chosen.length) words.set("verdicts", chosen.map(verdict => verdict.name).join(","));
    for (const name of Object.keys(FIELDS)) if (view[name]) words.set(name, view[name]);
    if (view.differs) words.set("differs", "1");
    if (opened) {
        words.set("case", cases[opened.case].id);
        words.set("on", columns[opened.column].entry);
        words.set("in", columns[opened.column].label);
    }
    return words.toString();
}

/* Once for many changes in a row: a browser takes only so many a minute. An address that the reader has entered
   in between is not overwritten: the event that tells of it may be still to come. */
function writeAddress() {
    clearTimeout(writing);
    writing = setTimeout(() => {
        const wanted = addressOfView();
        if (location.hash !== known || location.hash.slice(1) === wanted) return;
        history.replaceState(null, "", `#${wanted}`);
        known = location.hash;
    }, 50);
}

function readAddress() {
    known = location.hash;
    const words = new URLSearchParams(location.hash.slice(1));
    const names = new Set((words.get("verdicts") || "").split(","));
    const chosen = data.verdicts.filter(verdict => names.has(verdict.name));
    view.verdicts = new Set(chosen.map(verdict => verdict.letter));
    for (const name of Object.keys(FIELDS)) view[name] = words.get(name) || "";
    view.differs = words.get("differs") === "1";
    fillForm();
    // A field takes only what it knows.
    for (const [name, id] of Object.entries(FIELDS)) view[name] = element(id).value;
    opened = null;
    panel.hidden = true;
    filter();
    const caseNumber = cases.findIndex(item => item.id === words.get("case"));
    const column = columns.findIndex(item =>
        item.entry === words.get("on") && item.label === words.get("in"));
    if (caseNumber < 0 || column < 0 || letterAt(caseNumber, column) === " ") return;
    if (!shownCases.includes(caseNumber) || !shownColumns.includes(column)) return;
    tell(caseNumber, column, false);
    grid.scrollIntoView({block: "nearest"});
}
