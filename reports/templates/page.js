"use strict";
(() => {
  const number = (cell) => {
    const text = cell.dataset.value ?? cell.textContent.trim().replace("−", "-");
    const found = /^[+<]?\s*-?\d+(\.\d+)?/.exec(text);
    return found ? parseFloat(found[0].replace(/[+<\s]/g, "")) : NaN;
  };
  const compare = (one, other) => {
    const [a, b] = [number(one), number(other)];
    if (!isNaN(a) && !isNaN(b)) return a - b;
    if (isNaN(a) !== isNaN(b)) return isNaN(a) ? 1 : -1;
    return one.textContent.localeCompare(other.textContent);
  };
  const sort = (head, column) => {
    const body = head.closest("table").tBodies[0];
    const down = head.getAttribute("aria-sort") === "ascending";
    for (const other of head.parentElement.children) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const rows = [...body.rows].sort((a, b) => compare(a.cells[column], b.cells[column]));
    body.append(...(down ? rows.reverse() : rows));
  };
  const sortable = () => {
    for (const table of document.querySelectorAll("table.sortable")) {
      if (table.tBodies[0].rows.length < 2) continue;
      [...table.tHead.rows[0].cells].forEach((head, column) => {
        const button = document.createElement("button");
        button.type = "button";
        button.append(...head.childNodes);
        button.addEventListener("click", () => sort(head, column));
        head.append(button);
      });
    }
  };
  const all = () => [...document.querySelectorAll("details")];
  addEventListener("beforeprint", () => all().forEach((one) => (one.open = true)));
  addEventListener("hashchange", () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const around = target?.closest("details");
    if (around) around.open = true;
  });
  sortable();

  const events = document.body.dataset.events;
  if (!events) return;
  const state = document.getElementById("live");
  const source = new EventSource(events);
  source.onopen = () => (state.textContent = "live");
  source.onerror = () => (state.textContent = "no connection");
  source.addEventListener("body", (event) => {
    const open = new Set(all().filter((one) => one.open).map((one) => one.id));
    document.querySelector("main").innerHTML = JSON.parse(event.data);
    for (const one of all()) if (open.has(one.id)) one.open = true;
    sortable();
  });
})();
