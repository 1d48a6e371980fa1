/* On paper there is no scrolling: the shown part of the matrix as plain tables, as wide as a page each. */
const ON_PAPER = 40000;
const ACROSS = 9;

function paperTable(numbers) {
    const table = make("table");
    const head = table.createTHead().insertRow();
    head.append(make("th", null, "case"));
    for (const number of numbers) {
        const [provider, ...section] = short(columns[number].entry, 60).split(".");
        const cell = make("th");
        if (severalLabels) cell.append(make("span", "label", columns[number].label));
        cell.append(foreign(provider), foreign(section.join(".")));
        head.append(cell);
    }
    const body = table.createTBody();
    for (const {group, case: caseNumber} of rows) {
        const row = body.insertRow();
        if (caseNumber === undefined) {
            const [id, page, text] = groupText(group);
            const cell = make("th", "grouphead");
            cell.colSpan = numbers.length + 1;
            cell.append(make("b", null, id), ` ${page}: ${text}`);
            row.append(cell);
            continue;
        }
        const name = make("th");
        name.append(foreign(short(cases[caseNumber].id, 120)));
        row.append(name);
        for (const number of numbers) row.append(paperCell(caseNumber, number));
    }
    return table;
}

function paperCell(caseNumber, columnNumber) {
    const verdict = verdicts.get(letterAt(caseNumber, columnNumber));
    const cell = make("td");
    if (!verdict) return cell;
    const known = isKnown(caseNumber, columnNumber);
    cell.className = verdict.name + (verdict.red ? known ? " known" : " red" : "");
    cell.textContent = known ? `(${verdict.name})` : verdict.name;
    return cell;
}

let closed = [];

function toPaper() {
    closed = [...document.querySelectorAll("header details:not([open])")];
    for (const details of closed) details.open = true;
    const paper = element("paper");
    const cells = shownCases.length * shownColumns.length;
    if (cells > ON_PAPER) {
        paper.replaceChildren(make("p", null,
            `The matrix has ${cells.toLocaleString("en")} cells here, too many to print: filter it first.`));
        return;
    }
    const tables = Math.ceil(shownColumns.length / ACROSS);
    const across = Math.ceil(shownColumns.length / Math.max(1, tables));
    paper.replaceChildren(...Array.from({length: tables}, (_, place) =>
        paperTable(shownColumns.slice(place * across, (place + 1) * across))));
}

function fromPaper() {
    for (const details of closed) details.open = false;
    element("paper").replaceChildren();
}

addEventListener("beforeprint", toPaper);
addEventListener("afterprint", fromPaper);
