"use strict";
(() => {
    const data = JSON.parse(document.getElementById("data").textContent);
    const verdicts = new Map(data.verdicts.map(verdict => [verdict.letter, verdict]));
    const matrix = document.getElementById("matrix");
    const story = document.getElementById("story");
    const find = document.getElementById("find");
    const differs = document.getElementById("differs");
    const chosen = new Set();

    function make(tag, className, text) {
        const element = document.createElement(tag);
        if (className) element.className = className;
        if (text !== undefined && text !== null) element.textContent = text;
        return element;
    }

    function drawVerdicts() {
        const counts = new Map();
        for (const column of data.columns)
            for (const letter of column.cells) counts.set(letter, (counts.get(letter) || 0) + 1);
        for (const verdict of [...data.verdicts].reverse()) {
            if (!counts.has(verdict.letter)) continue;
            const label = make("label", null);
            const box = make("input");
            box.type = "checkbox";
            box.value = verdict.name;
            box.addEventListener("change", () => {
                if (box.checked) chosen.add(verdict.letter); else chosen.delete(verdict.letter);
                filter();
            });
            label.title = verdict.meaning;
            label.append(box, ` ${verdict.name} (${counts.get(verdict.letter)})`);
            document.getElementById("verdicts").append(label);
        }
    }

    function drawRuns() {
        for (const run of data.runs) {
            const system = [run.os, run.wine && `Wine ${run.wine}`, run.arch].filter(Boolean).join(", ");
            const cut = run.ended ? "" : " Cut short: the records have no end.";
            document.getElementById("runs").append(make("p", null,
                `${run.environment}: suite ${run.suite}, started ${run.started}, on ${system}.${cut}`));
        }
    }

    function drawHead(table) {
        const several = new Set(data.columns.map(column => column.label)).size > 1;
        const row = table.createTHead().insertRow();
        row.append(make("th", null, "case"));
        for (const column of data.columns) {
            const cell = make("th");
            cell.scope = "col";
            cell.title = `${column.label} ${column.entry}`;
            if (several) cell.append(make("span", null, column.label));
            const [provider, ...section] = column.entry.split(".");
            cell.append(make("bdi", null, provider), make("bdi", null, section.join(".")));
            row.append(cell);
        }
    }

    function drawCell(caseNumber, columnNumber) {
        const column = data.columns[columnNumber];
        const verdict = verdicts.get(column.cells[caseNumber]);
        if (!verdict) return make("td", null, "");
        const cell = make("td", verdict.name);
        const unsteady = (data.stories[column.stories[caseNumber]] || {}).unsteady;
        const button = make("button", verdict.red ? "red" : null, verdict.name + (unsteady ? "*" : ""));
        button.type = "button";
        button.dataset.at = `${caseNumber},${columnNumber}`;
        button.setAttribute("aria-label", `${data.cases[caseNumber].id} on ${column.entry}: ${verdict.name}`);
        cell.append(button);
        return cell;
    }

    const rows = [];

    function drawBody(table) {
        let group = null;
        let body = null;
        data.cases.forEach((item, number) => {
            if (item.group !== group) {
                group = item.group;
                body = table.createTBody();
                const head = make("th", "group", group);
                head.scope = "rowgroup";
                const rest = make("td", "group");
                rest.colSpan = data.columns.length;
                body.insertRow().append(head, rest);
            }
            const row = body.insertRow();
            const inGroup = item.id.startsWith(`${group}.`);
            const head = make("th", null, inGroup ? item.id.slice(group.length + 1) : item.id);
            head.scope = "row";
            head.title = [item.id, ...item.statements].join(" ");
            row.append(head);
            data.columns.forEach((_, column) => row.append(drawCell(number, column)));
            const letters = data.columns.map(column => column.cells[number]);
            rows.push({row, body, text: textOf(item, number), letters});
        });
    }

    function textOf(item, number) {
        const told = data.columns.map(column => data.stories[column.stories[number]] || {});
        const answers = told.flatMap(one => [one.expected, one.observed, one.reason]).filter(Boolean);
        const entries = data.columns.map(column => column.entry);
        return [item.id, ...item.statements, ...entries, ...answers].join("\n").toLowerCase();
    }

    function filter() {
        const wanted = find.value.trim().toLowerCase();
        let shown = 0;
        const full = new Set();
        for (const {row, body, text, letters} of rows) {
            const asked = letters.filter(letter => letter !== " ");
            const fits = (chosen.size === 0 || asked.some(letter => chosen.has(letter))) &&
                (!wanted || text.includes(wanted)) && (!differs.checked || new Set(asked).size > 1);
            row.hidden = !fits;
            shown += fits;
            if (fits) full.add(body);
        }
        for (const {body} of rows) body.hidden = !full.has(body);
        document.getElementById("shown").textContent = `${shown} of ${rows.length} cases`;
    }

    function line(list, name, content) {
        if (content === undefined || content === null || content === "") return;
        const value = make("dd");
        value.append(content);
        list.append(make("dt", null, name), value);
    }

    function callsList(calls) {
        const list = make("ol", "calls");
        for (const [name, args, result, error, micros] of calls) {
            const item = make("li");
            const answer = result === null ? "did not return" : `= ${result}`;
            const failed = error ? `, error ${error}` : "";
            item.append(make("b", null, name), `(${args}) `, make("b", null, answer + failed));
            if (micros !== null) item.append(make("span", null, ` ${micros} \u00b5s`));
            list.append(item);
        }
        return list;
    }

    function tell(caseNumber, columnNumber) {
        const item = data.cases[caseNumber];
        const column = data.columns[columnNumber];
        const verdict = verdicts.get(column.cells[caseNumber]);
        const told = data.stories[column.stories[caseNumber]] || {};
        const list = make("dl");
        line(list, "verdict", `${verdict.name}: ${verdict.meaning}`);
        line(list, "entry", column.entry);
        line(list, "environment", column.label);
        line(list, "statements", (told.statements || item.statements).join(", "));
        line(list, "grade", told.grade);
        line(list, "expected", told.expected);
        line(list, "observed", told.observed);
        line(list, "reason", told.reason);
        line(list, "broken by", told.blame);
        const crash = Object.entries(told.crash || {}).filter(pair => pair[1] !== null);
        line(list, "crash", crash.map(pair => pair.join(" ")).join(", "));
        if (told.order_dependent) line(list, "only after", (told.after || []).join(", ") || "other cases");
        if (told.unsteady) line(list, "unsteady", "its repeats differ; this is the worst");
        line(list, "source", told.location);
        line(list, "alone",
            make("code", null, `wspcheck run --provider "${column.entry}" --case ${item.id} --trace all`));
        line(list, "DLL", [column.dll, column.version, column.sha256].filter(Boolean).join(" "));
        const close = make("button", null, "close");
        close.id = "close";
        const cell = matrix.querySelector(`[data-at="${caseNumber},${columnNumber}"]`);
        close.addEventListener("click", () => {
            release();
            cell.focus();
        });
        story.replaceChildren(close, make("h2", null, item.id), list);
        if (told.calls) story.append(make("h3", null, "calls"), callsList(told.calls));
        release();
        story.hidden = false;
        cell.setAttribute("aria-pressed", "true");
        cell.scrollIntoView({block: "nearest", inline: "nearest"});
        if (story.offsetTop > matrix.offsetTop) story.scrollIntoView({block: "nearest"});
    }

    function release() {
        story.hidden = true;
        for (const old of matrix.querySelectorAll("[aria-pressed]")) old.removeAttribute("aria-pressed");
    }

    function draw() {
        const table = make("table");
        drawHead(table);
        drawBody(table);
        matrix.append(table);
    }

    matrix.addEventListener("click", event => {
        const button = event.target.closest("button");
        if (button) tell(...button.dataset.at.split(",").map(Number));
    });
    matrix.addEventListener("keydown", event => {
        const at = event.target.dataset.at;
        const step = {ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1]}[event.key];
        if (!at || !step) return;
        event.preventDefault();
        let [row, column] = at.split(",").map(Number);
        for (;;) {
            row += step[0];
            column += step[1];
            if (row < 0 || column < 0 || row >= data.cases.length || column >= data.columns.length) return;
            const next = matrix.querySelector(`[data-at="${row},${column}"]`);
            if (next && !next.closest("tr").hidden) return next.focus();
        }
    });
    find.addEventListener("input", filter);
    differs.addEventListener("change", filter);
    document.getElementById("filters").addEventListener("submit", event => event.preventDefault());
    drawVerdicts();
    drawRuns();
    draw();
    filter();
})();
