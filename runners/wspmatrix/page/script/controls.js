/* What of the view stands in a field of the form, and the field. */
const FIELDS = {
    text: "find", statement: "statement", entry: "entry", environment: "environment", known: "known",
    narrow: "narrow",
};

function drawVerdicts() {
    const counts = new Map();
    for (const column of columns)
        for (const letter of column.cells) counts.set(letter, (counts.get(letter) || 0) + 1);
    for (const verdict of [...data.verdicts].reverse()) {
        if (!counts.has(verdict.letter)) continue;
        const label = make("label");
        const box = make("input");
        box.type = "checkbox";
        box.value = verdict.name;
        box.addEventListener("change", () => {
            if (box.checked) view.verdicts.add(verdict.letter); else view.verdicts.delete(verdict.letter);
            filter();
        });
        label.title = verdict.meaning;
        label.append(box, make("b", `badge ${verdict.name}`, verdict.letter),
            ` ${verdict.name} ${counts.get(verdict.letter).toLocaleString("en")}`);
        element("verdicts").append(label);
    }
}

function option(list, value, text) {
    const made = make("option", null, text);
    made.value = value;
    list.append(made);
}

function drawChoices() {
    const used = new Set(cases.flatMap(item => item.statements));
    for (const number of [...used].sort((a, b) => a - b))
        option(element("statement"), statements[number][0],
            short(`${statements[number][0]} ${statements[number][3]}`, 70));
    for (const entry of new Set(columns.map(column => column.entry))) option(element("entries"), entry);
    for (const label of new Set(columns.map(column => column.label))) option(element("environments"), label);
    element("environment").parentElement.hidden = !severalLabels;
    element("known").parentElement.hidden = !data.expectations.length;
}

/* Shows in the form what the view holds. */
function fillForm() {
    for (const [name, id] of Object.entries(FIELDS)) element(id).value = view[name];
    for (const box of element("verdicts").querySelectorAll("input"))
        box.checked = data.verdicts.some(verdict =>
            verdict.name === box.value && view.verdicts.has(verdict.letter));
    element("differs").checked = view.differs;
}

function resetFilters() {
    const none = {statement: "", entry: "", environment: "", text: "", known: "", differs: false};
    Object.assign(view, none, {verdicts: new Set()});
    fillForm();
    filter();
}

function startControls() {
    for (const [name, id] of Object.entries(FIELDS))
        element(id).addEventListener("input", () => {
            view[name] = element(id).value;
            filter();
        });
    element("differs").addEventListener("change", () => {
        view.differs = element("differs").checked;
        filter();
    });
    element("reset").addEventListener("click", resetFilters);
    element("filters").addEventListener("submit", event => event.preventDefault());
    element("more").open = innerWidth > 700;
}
