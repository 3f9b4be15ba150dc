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
  const sort = (head, down) => {
    const body = head.closest("table").tBodies[0];
    const column = head.cellIndex;
    for (const other of head.parentElement.children) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const rows = [...body.rows].sort((a, b) => compare(a.cells[column], b.cells[column]));
    body.append(...(down ? rows.reverse() : rows));
  };
  const sortable = () => {
    for (const table of document.querySelectorAll("table.sortable")) {
      if (table.tBodies[0].rows.length < 2) continue;
      for (const head of table.tHead.rows[0].cells) {
        const button = document.createElement("button");
        button.type = "button";
        button.append(...head.childNodes);
        button.addEventListener("click", () => sort(head, head.getAttribute("aria-sort") === "ascending"));
        head.append(button);
      }
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
  const main = document.querySelector("main");
  // What people did is found again after an update by the nearest id or label of a region, and the
  // way from there: tables and rows may have come before it.
  const name = (one) => one.id || one.getAttribute("aria-label");
  const place = (one) => {
    const way = [];
    for (; one !== main && !name(one); one = one.parentElement) way.unshift([...one.parentElement.children].indexOf(one));
    return [one === main ? null : name(one), way];
  };
  const find = ([named, way]) => {
    const from = named === null ? main : [...main.querySelectorAll("[id], [aria-label]")].find((one) => name(one) === named);
    return way.reduce((one, at) => one?.children[at], from);
  };
  const update = (body) => {
    const open = all().filter((one) => one.open && one.id).map((one) => one.id);
    const sorted = [...main.querySelectorAll("th[aria-sort]")].map((head) => [place(head), head.getAttribute("aria-sort") === "descending"]);
    const focus = main.contains(document.activeElement) ? place(document.activeElement) : undefined;
    const scrolled = [...main.querySelectorAll(".scroll")].filter((one) => one.scrollLeft).map((one) => [place(one), one.scrollLeft]);
    main.innerHTML = body;
    for (const one of all()) if (open.includes(one.id)) one.open = true;
    sortable();
    for (const [at, down] of sorted) if (find(at)?.tagName === "TH") sort(find(at), down);
    for (const [at, left] of scrolled) find(at)?.scroll({left});
    if (focus) find(focus)?.focus({preventScroll: true});
  };
  const source = new EventSource(events);
  source.onopen = () => (state.textContent = "live");
  source.onerror = () => (state.textContent = "no connection");
  source.addEventListener("body", (event) => update(JSON.parse(event.data)));
})();
