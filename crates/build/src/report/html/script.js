"use strict";
(() => {
  const by = (id) => document.getElementById(id);
  const make = (name, properties = {}, ...children) => {
    const element = Object.assign(document.createElement(name), properties);
    element.append(...children);
    return element;
  };
  const signs = {failed: "✗", "timed-out": "◷", refuted: "≠", interrupted: "◌", missing: "–", untested: "☐", passed: "✓"};
  const words = {"timed-out": "timed out", missing: "did not run", untested: "passed without tests"};
  const order = Object.keys(signs);
  const isFailure = (status) => order.indexOf(status) < 3;

  const axes = [];
  for (const row of document.querySelectorAll("#values tr[data-axis]")) {
    const axis = axes[row.dataset.axis] ??= {name: row.querySelector("th").textContent, values: []};
    axis.values.push(row.querySelector(".value").textContent);
  }
  const variants = Array.from(document.querySelectorAll(".variant"), (element) => ({
    element,
    id: element.querySelector(".axes").id,
    name: element.querySelector(".name").textContent,
    status: element.dataset.status,
    seconds: Number(element.dataset.seconds ?? NaN),
    at: element.dataset.at.split(","),
  }));

  const duration = (s) => s < 0.9995 ? `${(s * 1000).toFixed(0)} ms` : s < 9.95 ? `${s.toFixed(1)} s`
    : s < 99.5 ? `${s.toFixed(0)} s` : s < 5970 ? `${Math.floor(Math.round(s) / 60)} min ${Math.round(s) % 60} s`
    : `${Math.floor(Math.round(s / 60) / 60)} h ${Math.round(s / 60) % 60} min`;
  const median = (numbers) => {
    const sorted = numbers.filter(Number.isFinite).sort((a, b) => a - b);
    const middle = sorted.length >> 1;
    return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  };

  const cell = (inside, most) => {
    if (!inside.length) return make("td", {className: "heat empty", title: "no such variant", textContent: "·"});
    const count = (is) => inside.filter((one) => is(one.status)).length;
    const failed = count(isFailure), untested = count((status) => status === "untested");
    const passed = untested + count((status) => status === "passed");
    const heat = !failed && !passed ? "missing" : !failed ? passed === untested ? "untested" : "passed" : !passed ? "failed" : failed * 2 > passed ? "half" : "some";
    const summary = make("summary");
    for (const status of order) {
      const number = count((one) => one === status);
      const word = words[status] ?? status;
      if (number) summary.append(make("span", {title: word}, signs[status], make("span", {className: "unseen"}, ` ${word}`), ` ${number}`), " ");
    }
    const seconds = median(inside.map((one) => one.seconds));
    if (Number.isFinite(seconds)) {
      const bar = make("i", {className: "bar"});
      bar.style.width = `${most > 0 ? Math.max(1, Math.round(100 * seconds / most)) : 0}%`;
      summary.append(make("span", {className: "time"}, duration(seconds), bar));
    }
    const list = make("ul");
    const worst = [...inside].sort((a, b) => order.indexOf(a.status) - order.indexOf(b.status));
    for (const one of worst.slice(0, 50)) {
      list.append(make("li", {}, `${signs[one.status]} `, make("a", {href: `#${one.id}`, textContent: one.name})));
    }
    if (worst.length > 50) list.append(make("li", {}, `and ${worst.length - 50} more`));
    return make("td", {className: `heat ${heat}`}, make("details", {}, summary, list));
  };

  const place = (variant, axis) => variant.at[axis] === "" ? axes[axis].values.length - 1 : Number(variant.at[axis]);
  const draw = (down, across) => {
    const columns = across < 0 ? ["all"] : axes[across].values;
    const cells = axes[down].values.map(() => columns.map(() => []));
    for (const one of variants) cells[place(one, down)][across < 0 ? 0 : place(one, across)].push(one);
    const most = Math.max(0, ...cells.flat().map((inside) => median(inside.map((one) => one.seconds))).filter(Number.isFinite));
    const head = make("tr", {}, make("td"), ...columns.map((name) => make("th", {scope: "col", textContent: name})));
    const rows = axes[down].values.map((name, row) =>
      make("tr", {}, make("th", {scope: "row", textContent: name}), ...cells[row].map((inside) => cell(inside, most))));
    const caption = across < 0 ? axes[down].name : `${axes[down].name} × ${axes[across].name}`;
    by("map").replaceChildren(make("caption", {textContent: caption}), make("thead", {}, head), make("tbody", {}, ...rows));
  };

  const chosen = by("map").dataset.chosen.split(" ").filter(Boolean).map(Number);
  if (axes.length > 1 && chosen.length) {
    const option = (axis, index) => make("option", {value: index, textContent: axis.name});
    const down = make("select", {}, ...axes.map(option));
    const across = make("select", {}, make("option", {value: -1, textContent: "(nothing)"}), ...axes.map(option));
    down.value = chosen[0];
    across.value = chosen[1] ?? -1;
    for (const select of [down, across]) {
      select.addEventListener("change", () => {
        const other = select === down ? across : down;
        if (select.value === other.value) other.value = axes.findIndex((_, index) => index !== Number(select.value));
        draw(Number(down.value), Number(across.value));
      });
    }
    const choice = by("choice");
    choice.append(make("label", {}, "Down ", down), make("label", {}, "Across ", across));
    choice.className = "controls";
    choice.hidden = false;
  }

  const text = make("input", {type: "search", placeholder: "part of a name"});
  const statuses = order.filter((status) => variants.some((one) => one.status === status));
  const status = make("select", {}, make("option", {value: "", textContent: "any"}),
    ...statuses.map((one) => make("option", {value: one, textContent: words[one] ?? one})));
  const shown = make("output");
  const search = () => {
    const wanted = text.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const one of variants) {
      const name = one.name.toLowerCase();
      const fits = (!status.value || one.status === status.value) && wanted.every((part) => name.includes(part));
      one.element.hidden = !fits;
      count += fits;
    }
    shown.textContent = `${count} of ${variants.length}`;
  };
  text.addEventListener("input", search);
  status.addEventListener("change", search);
  by("search").append(make("label", {}, "Search ", text), make("label", {}, "Ended ", status), shown);
  by("search").className = "controls";
  by("search").hidden = false;
  search();

  const open = () => {
    const target = variants.find((one) => `#${one.id}` === location.hash)?.element;
    if (target) {
      target.hidden = false;
      target.open = true;
      target.scrollIntoView();
    }
  };
  addEventListener("hashchange", open);
  open();
})();
