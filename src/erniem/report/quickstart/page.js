"use strict";
(() => {
  const page = JSON.parse(document.getElementById("data").textContent);
  const boxes = new Map(
    [...document.querySelectorAll("[data-chart]")].map((box) => [box.dataset.chart, box]),
  );
  const config = { responsive: true, displaylogo: false, modeBarButtonsToRemove: ["select2d", "lasso2d"] };

  // Style: what the charts leave open comes from the page's own colours, light or dark.
  const color = (name) =>
    getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

  function style() {
    const axis = {
      gridcolor: color("rule"), linecolor: color("rule"), zeroline: false, automargin: true,
      title: { standoff: 8 },
    };
    return {
      layout: {
        font: { family: getComputedStyle(document.body).fontFamily, size: 12, color: color("ink") },
        paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
        margin: { l: 40, r: 12, t: 24, b: 40 },
        xaxis: axis, yaxis: axis, dragmode: false,
        hoverlabel: {
          bgcolor: color("raised"), bordercolor: color("rule"), align: "left",
          font: { color: color("ink") },
        },
        modebar: { bgcolor: "rgba(0,0,0,0)", color: color("soft"), activecolor: color("accent") },
        shapedefaults: { line: { color: color("soft") } },
        annotationdefaults: { font: { color: color("soft") } },
      },
    };
  }

  function draw(name) {
    const chart = page.charts[name];
    const layout = structuredClone(chart.layout);
    layout.template = style();
    return Plotly.react(boxes.get(name), chart.data, layout, config);
  }

  const drawAll = () => Object.keys(page.charts).forEach(draw);

  // The heat map: one layer at a time.
  document.querySelectorAll("[data-layers]").forEach((choice) => {
    const name = choice.dataset.layers;
    choice.addEventListener("change", (event) => {
      const shown = Number(event.target.value);
      page.charts[name].data.forEach((layer, place) => { layer.visible = place === shown; });
      draw(name);
    });
  });

  // The maps: translations of one sentence, marked in every map and read beneath.
  const maps = Object.keys(page.maps);
  const chosen = new Set();
  let segment = null;
  let pointed = null;

  const SVG = "http://www.w3.org/2000/svg";

  function sign(kind, attributes) {
    const made = document.createElementNS(SVG, kind);
    Object.entries(attributes).forEach(([key, value]) => made.setAttribute(key, value));
    return made;
  }

  // Where the segment stands in a map, in pixels, the language that was pointed at first.
  function places(name) {
    const { xaxis, yaxis } = boxes.get(name)._fullLayout;
    const traces = [...page.charts[name].data];
    traces.sort((one, other) => (other.meta === pointed) - (one.meta === pointed));
    return traces.flatMap((trace) =>
      trace.customdata.flatMap((row, k) =>
        page.maps[name].groups[row] === segment
          ? [[xaxis._offset + xaxis.l2p(trace.x[k]), yaxis._offset + yaxis.l2p(trace.y[k])]]
          : [],
      ),
    );
  }

  function mark(name) {
    const box = boxes.get(name);
    box.querySelector(".links")?.remove();
    if (segment === null || !box._fullLayout) return;
    const links = sign("svg", { class: "links", "aria-hidden": "true" });
    const there = places(name);
    const [x1, y1] = there[0] ?? [];
    there.slice(1).forEach(([x2, y2]) => links.append(sign("line", { x1, y1, x2, y2 })));
    there.forEach(([cx, cy]) => links.append(sign("circle", { cx, cy, r: 7 })));
    box.append(links);
  }

  function read(name, row) {
    const { texts, languages, groups } = page.maps[name];
    const list = document.getElementById("translations");
    list.replaceChildren();
    texts.forEach((text, other) => {
      if (groups[other] !== segment) return;
      const item = document.createElement("li");
      const language = document.createElement("span");
      language.textContent = page.names[languages[other]] ?? languages[other];
      const sentence = document.createElement("span");
      sentence.textContent = text;
      sentence.dir = "auto";
      sentence.lang = languages[other];
      if (other === row) item.className = "chosen";
      item.append(language, sentence);
      list.append(item);
    });
  }

  function show(name, row) {
    segment = page.maps[name].groups[row];
    pointed = page.maps[name].languages[row];
    read(name, row);
    maps.forEach(mark);
  }

  function listen(name) {
    const box = boxes.get(name);
    const point = (event) => show(name, event.points[0].customdata);
    box.on("plotly_hover", point);
    box.on("plotly_click", point);
    box.on("plotly_afterplot", () => mark(name));
  }

  function showNext() {
    const { groups } = page.maps[maps[0]];
    const all = [...new Set(groups)];
    const next = all[(all.indexOf(segment) + 1) % all.length];
    show(maps[0], groups.indexOf(next));
  }

  function fade(name) {
    const labels = "%{text}<extra>%{fullData.name}</extra>";
    page.charts[name].data.forEach((trace) => {
      const isShown = chosen.size === 0 || chosen.has(trace.meta);
      trace.marker.opacity = isShown ? 0.85 : 0.06;
      trace.hovertemplate = isShown ? labels : null; // with one, plotly does not skip
      trace.hoverinfo = isShown ? "all" : "skip";
    });
    draw(name);
  }

  document.querySelectorAll("[data-language]").forEach((chip) => {
    chip.addEventListener("click", () => {
      const code = chip.dataset.language;
      if (!chosen.delete(code)) chosen.add(code);
      chip.setAttribute("aria-pressed", String(chosen.has(code)));
      maps.forEach(fade);
    });
  });

  // The page.
  drawAll();
  maps.forEach(listen);
  if (maps.length) {
    document.getElementById("next-segment").addEventListener("click", showNext);
    showNext();
  }
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
})();
