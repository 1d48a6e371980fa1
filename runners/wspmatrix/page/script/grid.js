/*
 * The matrix. Only what is in sight (and a little more) is in the document, at its place in an area of
 * the size of all.
 * The grid itself has the focus; aria-activedescendant names the cell that the arrow keys have reached.
 */
const grid = element("matrix");
const SPARE = 4;
const size = {};
let rows = [];
let tops = [];
let active = null;
let drawn = null;
let pending = false;

function cellId(caseNumber, columnNumber) {
    return `at-${caseNumber}-${columnNumber}`;
}

function groupText(number) {
    if (number === undefined) return ["no statement named", "", ""];
    const [id, page, where, text] = statements[number];
    return [id, [page, where].filter(Boolean).join(", "), text];
}

/* The rows in their order: a head for each statement, then its cases. */
function layRows() {
    rows = [];
    let group = null;
    for (const number of shownCases) {
        const own = cases[number].statements[0];
        if (own !== group) {
            rows.push({group: own});
            group = own;
        }
        rows.push({case: number});
    }
    tops = [0];
    for (const row of rows) tops.push(tops.at(-1) + (row.case === undefined ? size.group : size.row));
}

function longest(texts, least, most) {
    return texts.reduce((length, text) => Math.max(length, Math.min(text.length, most)), least);
}

function isNarrow() {
    if (view.narrow) return view.narrow === "yes";
    return size.name + shownColumns.length * size.wide > Math.max(grid.clientWidth, 320) * 2;
}

function measure() {
    const style = getComputedStyle(grid);
    for (const name of ["row", "group", "letter", "pin"])
        size[name] = parseFloat(style.getPropertyValue(`--${name}`));
    const width = grid.clientWidth;
    const most = Math.max(110, Math.min(420, width * (width < 700 ? 0.42 : 0.5)));
    size.name = Math.min(most, longest(cases.map(item => item.id), 12, 60) * 7.4 + 24);
    const parts = columns.flatMap(column => [...column.entry.split("."), severalLabels ? column.label : ""]);
    size.wide = longest(parts, 10, 17) * 7.6 + 14;
    size.narrow = isNarrow();
    size.column = size.narrow ? size.letter : size.wide;
    const standing = Math.min(230, longest(columnNames, 14, 40) * 6.8 + 14);
    size.head = size.narrow ? standing : severalLabels ? 66 : 48;
}

function layOut() {
    measure();
    layRows();
    const width = `${size.name + shownColumns.length * size.column}px`;
    const head = make("div", size.narrow ? "head letters" : "head");
    head.style.width = width;
    head.style.height = `${size.head}px`;
    head.setAttribute("role", "row");
    head.setAttribute("aria-rowindex", "1");
    const body = make("div", size.narrow ? "body letters" : "body");
    body.setAttribute("role", "rowgroup");
    body.style.width = width;
    body.style.height = `${tops.at(-1)}px`;
    grid.replaceChildren(head, body);
    if (!rows.length) grid.append(make("p", "empty", "No case fits these filters."));
    grid.setAttribute("aria-rowcount", rows.length + 1);
    grid.setAttribute("aria-colcount", shownColumns.length + 1);
    if (!active || !shownCases.includes(active.case) || !shownColumns.includes(active.column)) active = null;
    drawn = null;
    draw();
}

/* The last place in a list of growing tops that is not below y. */
function rowAt(y) {
    let low = 0;
    let high = Math.max(0, rows.length - 1);
    while (low < high) {
        const middle = (low + high + 1) >> 1;
        if (tops[middle] <= y) low = middle; else high = middle - 1;
    }
    return low;
}

function inSight() {
    const first = rowAt(grid.scrollTop);
    const last = rowAt(grid.scrollTop + grid.clientHeight - size.head);
    const left = Math.floor(grid.scrollLeft / size.column);
    const right = Math.ceil((grid.scrollLeft + grid.clientWidth - size.name) / size.column);
    return {first, last, left, right: Math.min(right, shownColumns.length - 1)};
}

function draw() {
    pending = false;
    const see = inSight();
    drawPin(see.first);
    if (drawn && see.first >= drawn.first && see.last <= drawn.last && see.left >= drawn.left &&
        see.right <= drawn.right) return;
    drawn = {
        first: Math.max(0, see.first - SPARE), last: Math.min(rows.length - 1, see.last + SPARE),
        left: Math.max(0, see.left - SPARE), right: Math.min(shownColumns.length - 1, see.right + SPARE),
    };
    drawHead();
    const parts = [];
    for (let row = drawn.first; row <= drawn.last; row++) parts.push(drawRow(row));
    grid.querySelector(".body").replaceChildren(...parts);
    markActive();
}

function drawHead() {
    const head = grid.querySelector(".head");
    const corner = make("div", "corner", "case");
    corner.setAttribute("role", "columnheader");
    corner.style.width = `${size.name}px`;
    corner.append(make("div", "pin"));
    const parts = [corner];
    for (let place = drawn.left; place <= drawn.right; place++) parts.push(columnHead(place));
    head.replaceChildren(...parts);
    drawPin(inSight().first);
}

function columnHead(place) {
    const column = columns[shownColumns[place]];
    const cell = make("div", "columnhead");
    cell.setAttribute("role", "columnheader");
    cell.setAttribute("aria-colindex", place + 2);
    cell.style.left = `${size.name + place * size.column}px`;
    cell.style.width = `${size.column}px`;
    cell.title = columnNames[shownColumns[place]];
    cell.append(...columnNameParts(column));
    return cell;
}

/* An entry as its provider and its own name; the environment first where there is room, else last. */
function columnNameParts(column) {
    const [provider, ...section] = column.entry.split(".");
    const label = severalLabels ? [make("span", "label", column.label)] : [];
    if (size.narrow) return [foreign(column.entry), ...label];
    return [...label, foreign(provider), foreign(section.join("."))];
}

/* The statement whose cases are at the top, once its own head has left the sight. */
function drawPin(first) {
    const pin = grid.querySelector(".pin");
    if (!pin) return;
    const hidden = !rows.length || rows[first].case === undefined;
    pin.hidden = hidden;
    if (hidden) return;
    const [id, , text] = groupText(cases[rows[first].case].statements[0]);
    pin.style.width = `${grid.clientWidth}px`;
    pin.setAttribute("aria-hidden", "true");
    pin.replaceChildren(make("b", null, id), ` ${text}`);
}

function drawRow(number) {
    const {group, case: caseNumber} = rows[number];
    const row = make("div", "row");
    row.setAttribute("role", "row");
    row.setAttribute("aria-rowindex", number + 2);
    row.style.top = `${tops[number]}px`;
    if (caseNumber === undefined) {
        row.classList.add("group");
        row.append(groupHead(group));
        return row;
    }
    const item = cases[caseNumber];
    const name = make("div", "name");
    name.setAttribute("role", "rowheader");
    name.style.width = `${size.name}px`;
    name.title = item.id;
    name.append(foreign(item.id));
    row.append(name);
    for (let place = drawn.left; place <= drawn.right; place++) row.append(drawCell(caseNumber, place));
    return row;
}

function groupHead(group) {
    const [id, page, text] = groupText(group);
    const head = make("div", "grouphead");
    head.setAttribute("role", "rowheader");
    head.setAttribute("aria-colspan", shownColumns.length + 1);
    head.style.width = `${grid.clientWidth}px`;
    head.title = `${id} ${page}: ${text}`;
    head.append(make("b", null, id), " ", make("bdi", "text", text), " ", make("span", "where", page));
    return head;
}

function cellText(caseNumber, columnNumber) {
    const verdict = verdicts.get(letterAt(caseNumber, columnNumber));
    const known = isKnown(caseNumber, columnNumber);
    const mark = storyAt(caseNumber, columnNumber).unsteady ? "*" : "";
    if (size.narrow) return (known ? verdict.letter.toLowerCase() : verdict.letter) + mark;
    return (known ? `(${verdict.name})` : verdict.name) + mark;
}

const plainCell = make("div", "cell");
plainCell.setAttribute("role", "gridcell");

function drawCell(caseNumber, place) {
    const columnNumber = shownColumns[place];
    const verdict = verdicts.get(letterAt(caseNumber, columnNumber));
    const cell = plainCell.cloneNode();
    cell.setAttribute("aria-colindex", place + 2);
    cell.style.left = `${size.name + place * size.column}px`;
    cell.style.width = `${size.column}px`;
    if (!verdict) return cell;
    const known = isKnown(caseNumber, columnNumber);
    cell.classList.add(verdict.name);
    if (verdict.red) cell.classList.add(known ? "known" : "red");
    if (!isAskedFor(verdict.letter)) cell.classList.add("aside");
    cell.id = cellId(caseNumber, columnNumber);
    cell.dataset.at = `${caseNumber},${columnNumber}`;
    cell.setAttribute("aria-label", `${cases[caseNumber].id}, ${columnNames[columnNumber]}: ${verdict.name}` +
        (known ? ", expected" : ""));
    cell.textContent = cellText(caseNumber, columnNumber);
    return cell;
}

function markActive() {
    for (const old of grid.querySelectorAll(".active, .open")) {
        old.classList.remove("active", "open");
        old.removeAttribute("aria-selected");
    }
    grid.removeAttribute("aria-activedescendant");
    const cell = active && element(cellId(active.case, active.column));
    if (cell) {
        cell.classList.add("active");
        grid.setAttribute("aria-activedescendant", cell.id);
    }
    const told = opened && element(cellId(opened.case, opened.column));
    if (told) {
        told.classList.add("open");
        told.setAttribute("aria-selected", "true");
    }
}

/* Makes a cell the active one and scrolls just as far as it takes to see it. */
function goTo(caseNumber, columnNumber) {
    active = {case: caseNumber, column: columnNumber};
    const row = rows.findIndex(item => item.case === caseNumber);
    const place = shownColumns.indexOf(columnNumber);
    if (row < 0 || place < 0) return;
    const above = tops[row] - size.pin;
    const below = tops[row + 1] - (grid.clientHeight - size.head);
    const right = size.name + (place + 1) * size.column - grid.clientWidth;
    const far = Math.max(grid.scrollTop - above, below - grid.scrollTop) > grid.clientHeight;
    if (far) grid.scrollTop = tops[row] - (grid.clientHeight - size.head) / 2;
    else if (grid.scrollTop > above) grid.scrollTop = above;
    else if (grid.scrollTop < below) grid.scrollTop = below;
    if (grid.scrollLeft > place * size.column) grid.scrollLeft = place * size.column;
    else if (grid.scrollLeft < right) grid.scrollLeft = right;
    draw();
    markActive();
}

function step(from, to, direction, fits) {
    for (let at = from + direction; at >= 0 && at < to; at += direction) if (fits(at)) return at;
    return from;
}

const MOVES = {
    ArrowUp: (row, column) => [step(row, rows.length, -1, at => rows[at].case !== undefined), column],
    ArrowDown: (row, column) => [step(row, rows.length, 1, at => rows[at].case !== undefined), column],
    ArrowLeft: (row, column) => [row, Math.max(0, column - 1)],
    ArrowRight: (row, column) => [row, Math.min(shownColumns.length - 1, column + 1)],
    Home: (row, column, all) => [all ? 1 : row, 0],
    End: (row, column, all) => [all ? rows.length - 1 : row, shownColumns.length - 1],
    PageUp: (row, column) => [caseAtOrBelow(rowAt(tops[row] - grid.clientHeight + size.head)), column],
    PageDown: (row, column) => [caseAtOrBelow(rowAt(tops[row] + grid.clientHeight - size.head)), column],
};

function caseAtOrBelow(row) {
    return rows[row].case === undefined ? row + 1 : row;
}

function move(event) {
    const way = MOVES[event.key];
    if (!way || event.altKey || event.metaKey || !rows.length || !shownColumns.length) return;
    event.preventDefault();
    let row = 1;
    let column = 0;
    if (active) {
        const from = rows.findIndex(item => item.case === active.case);
        [row, column] = way(from, shownColumns.indexOf(active.column), event.ctrlKey);
    }
    goTo(rows[row].case, shownColumns[column]);
}

function startGrid() {
    grid.addEventListener("scroll", () => {
        if (!pending) requestAnimationFrame(draw);
        pending = true;
    }, {passive: true});
    grid.addEventListener("keydown", event => {
        if (event.key === "Enter" || event.key === " ") {
            event.preventDefault();
            if (active && letterAt(active.case, active.column) !== " ")
                tell(active.case, active.column, true);
        } else {
            move(event);
        }
    });
    grid.addEventListener("focus", () => {
        if (!active && rows.length && shownColumns.length) goTo(rows[1].case, shownColumns[0]);
    });
    grid.addEventListener("click", event => {
        const cell = event.target.closest("[data-at]");
        if (!cell) return;
        const [caseNumber, columnNumber] = cell.dataset.at.split(",").map(Number);
        active = {case: caseNumber, column: columnNumber};
        tell(caseNumber, columnNumber, false);
    });
    new ResizeObserver(() => {
        if (size.width !== grid.clientWidth) {
            size.width = grid.clientWidth;
            layOut();
        }
    }).observe(grid);
}
