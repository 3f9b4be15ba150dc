// What is wrong with a page, as a list of sentences: headings that do not follow each other, things
// that stick out of the window or lie on each other.
(() => {
  const wrong = [];
  const name = (one) => `${one.tagName.toLowerCase()}.${one.className} "${one.textContent.trim().slice(0, 60)}"`;

  const levels = [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")];
  if (levels.filter((one) => one.tagName === "H1").length !== 1) wrong.push("not one h1");
  levels.reduce((before, one) => {
    const level = Number(one.tagName[1]);
    if (level > before + 1) wrong.push(`${name(one)} stands below h${before}`);
    return level;
  }, 0);

  for (const one of document.querySelectorAll("details")) one.open = true;
  const over = document.documentElement.scrollWidth - innerWidth;
  if (over > 0) wrong.push(`the page is ${over} pixels too wide`);
  const shown = (one) => one.getClientRects().length > 0 && !one.closest(".hidden");
  for (const one of document.querySelectorAll("main *, header *")) {
    const inside = one.closest(".scroll, svg, select");
    if (!shown(one) || (inside && inside !== one)) continue;
    const box = one.getBoundingClientRect();
    if (box.right > innerWidth + 1 || box.left < -1) wrong.push(`${name(one)} sticks out`);
  }

  const apart = (boxes, what) => {
    for (let i = 0; i < boxes.length; i++) {
      for (let j = i + 1; j < boxes.length; j++) {
        const [a, b] = [boxes[i].getBoundingClientRect(), boxes[j].getBoundingClientRect()];
        const x = Math.min(a.right, b.right) - Math.max(a.left, b.left);
        const y = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
        if (x > 1 && y > 1) wrong.push(`${what}: ${name(boxes[i])} lies on ${name(boxes[j])}`);
      }
    }
  };
  const sections = [...document.querySelectorAll("main > section, main > nav, article > section")];
  apart(sections.filter(shown), "sections");
  for (const row of document.querySelectorAll(".dots .row, .facts div, .legend li")) {
    apart([...row.children].filter(shown), "parts of a row");
  }
  for (const table of document.querySelectorAll("table")) {
    if (table.tHead && shown(table)) apart([...table.tHead.rows[0].cells], "heads of a table");
  }
  for (const svg of document.querySelectorAll(".panel svg")) {
    const ends = [...svg.querySelectorAll(".mean text")];
    if (ends.length <= 16) apart(ends, "letters at the ends of lines");
  }
  return wrong.slice(0, 20);
})()
