// What the page can do more with a script; without one it is read as it is.
const make = (tag, properties, ...within) => {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...within);
  return made;
};

// Each header of the summary becomes a button that sorts by it.
const table = document.querySelector("table.sortable");
const heads = table ? [...table.tHead.rows[0].cells] : [];
heads.forEach((head, column) => {
  const button = make("button", { type: "button", textContent: head.textContent });
  head.replaceChildren(button);
  button.addEventListener("click", () => {
    const down = head.getAttribute("aria-sort") === "ascending";
    heads.forEach((each) => each.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const sign = down ? -1 : 1;
    const key = (row) => row.cells[column].dataset.value;
    const compare = (a, b) => {
      if (key(a) === "" || key(b) === "") return (key(a) === "") - (key(b) === "");
      return sign * (column ? key(a) - key(b) : key(a) < key(b) ? -1 : 1);
    };
    table.tBodies[0].append(...[...table.tBodies[0].rows].sort(compare));
  });
});

// A hint stands above a table that is wider than the page, and above no other.
const measure = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    const more = target.scrollWidth > target.clientWidth + 1;
    target.previousElementSibling.className = more ? "hint scrolls" : "hint fits";
  }
});
document.querySelectorAll(".wide").forEach((each) => measure.observe(each));

// On a phone the verdict is its first sentence; the rest is folded away.
const reasons = document.querySelector(".reasons");
if (reasons && matchMedia("(max-width: 40rem)").matches) reasons.open = false;

// The method under the pointer, or whose name has the focus, is marked wherever it stands.
const light = (method) => {
  document.querySelectorAll(".lit").forEach((each) => each.classList.remove("lit"));
  document.body.classList.toggle("linked", method !== undefined);
  if (method === undefined) return;
  document.querySelectorAll(`[data-method="${method}"]`).forEach((each) => each.classList.add("lit"));
};
const pointed = (event) => light(event.target.closest("[data-method]")?.dataset.method);
document.addEventListener("pointerover", pointed);
document.addEventListener("focusin", pointed);
document.documentElement.addEventListener("mouseleave", () => light(undefined));

// Round numbers between two values, about four of them.
const ticks = (low, high) => {
  const rough = (high - low) / 4;
  const unit = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((each) => each * unit).find((each) => each >= rough * 0.999);
  const first = Math.ceil(low / step);
  return Array.from({ length: Math.floor(high / step) - first + 1 }, (_, i) => (first + i) * step);
};
const draw = (plot, tag, attributes, text = "") => {
  const drawn = document.createElementNS(plot.namespaceURI, tag);
  Object.entries(attributes).forEach(([name, value]) => drawn.setAttribute(name, value));
  drawn.textContent = text;
  return drawn;
};
const short = (value) => String(Number(value.toPrecision(4)));

// In the chart of all methods each name shows or hides its line; the scale suits those that are shown,
// and the line nearest to the pointer is read out.
document.querySelectorAll(".overlay").forEach((chart) => {
  const plot = chart.querySelector(".plot");
  const lines = [...chart.querySelectorAll(".curves > g")];
  const items = [...chart.querySelectorAll(".names > li")];
  const [left, right, bottom, top] = chart.dataset.box.split(" ").map(Number);
  const points = lines.map((line) =>
    line.querySelector("polyline").getAttribute("points").split(" ").map((point) => point.split(",").map(Number)));
  const along = chart.querySelector(".along span").textContent.toLowerCase();
  let view = [0, 100];

  const fit = () => {
    lines.forEach((line, i) => line.classList.toggle("hidden", !boxes[i].checked));
    const shown = points.flatMap((own, i) => (boxes[i].checked ? own.map((point) => point[1]) : []));
    if (!shown.length) return;
    const [above, below] = [Math.min(...shown), Math.max(...shown)];
    const room = (below - above) * 0.06 || 1;
    view = [above - room, below + room];
    const value = (place) => bottom + ((top - bottom) * (100 - place)) / 100;
    const [low, high] = [value(view[1]), value(view[0])];
    lines.forEach((line) => line.firstElementChild.setAttribute("viewBox", `0 ${view[0]} 100 ${view[1] - view[0]}`));
    plot.querySelectorAll(".grid, .up").forEach((each) => each.remove());
    ticks(low, high).forEach((tick) => {
      const y = `${((high - tick) / (high - low)) * 100}%`;
      plot.prepend(draw(plot, "line", { x1: "0%", x2: "100%", y1: y, y2: y, class: "grid" }));
      plot.append(draw(plot, "text", { x: "-6", y, class: "tick up" }, short(tick)));
    });
  };
  const boxes = items.map((item) => {
    const box = make("input", { type: "checkbox", checked: !item.classList.contains("later") });
    item.append(make("label", {}, box, ...item.childNodes));
    box.addEventListener("change", fit);
    return box;
  });
  fit();

  const button = (textContent, checked) => {
    const made = make("button", { type: "button", textContent });
    made.addEventListener("click", () => {
      boxes.forEach((box) => { box.checked = checked; });
      fit();
    });
    return made;
  };
  const readout = make("span", { className: "readout" });
  const tools = make("div", { className: "tools" }, button("Show all", true), button("Hide all", false), readout);
  chart.insertBefore(tools, chart.querySelector(".names"));

  plot.addEventListener("pointermove", (event) => {
    const area = plot.getBoundingClientRect();
    const x = ((event.clientX - area.left) / area.width) * 100;
    const y = view[0] + ((event.clientY - area.top) / area.height) * (view[1] - view[0]);
    const near = points.flatMap((own, i) => {
      if (!boxes[i].checked) return [];
      const place = own.reduce((a, b) => (Math.abs(b[0] - x) < Math.abs(a[0] - x) ? b : a));
      return [{ i, place, far: Math.abs(place[1] - y) }];
    });
    if (!near.length) return;
    const { i, place } = near.reduce((a, b) => (b.far < a.far ? b : a));
    const across = left + ((right - left) * place[0]) / 100;
    const up = bottom + ((top - bottom) * (100 - place[1])) / 100;
    readout.textContent = `${items[i].textContent.trim()}: ${short(up)} at ${along} ${short(across)}`;
    light(lines[i].dataset.method);
  });
});
