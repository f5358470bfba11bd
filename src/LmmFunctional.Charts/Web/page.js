// Draws the charts of a page: each <script class="spec"> into the .plot before it. No request goes to any host.
(function () {
  "use strict";
  const options = {
    mode: "vega-lite", renderer: "svg",
    actions: { export: true, source: false, compiled: false, editor: false },
    downloadFileName: "chart",
  };

  // The page has the title as text; small multiples take as many columns as there is room for.
  function fitted(spec, width) {
    const own = Object.assign({}, spec);
    delete own.title;
    if (own.facet && own.spec) {
      // A shared axis is drawn once, the others beside each multiple.
      const shared = own.resolve && own.resolve.scale && own.resolve.scale.y === "shared";
      const names = JSON.stringify(own.spec).includes('"y":{"field":') && /"y":\{[^}]*"type":"nominal"/.test(JSON.stringify(own.spec));
      const once = shared ? (names ? 130 : 62) : 0;
      const room = shared ? 26 : names ? 130 : 72;
      const most = own.columns || 4;
      const least = Math.min(own.spec.width, shared ? 120 : 170);
      const columns = Math.max(1, Math.min(most, Math.floor((width - once) / (least + room))));
      const cell = Math.max(90, Math.floor((width - once) / columns - room));
      own.columns = columns;
      own.spec = Object.assign({}, own.spec, { width: Math.min(cell, 460) });
    } else if (own.layer) {
      own.width = "container";
      own.autosize = { type: "fit-x", contains: "padding" };
    }
    return own;
  }

  async function draw(plot, spec) {
    const result = await vegaEmbed(plot, fitted(spec, plot.clientWidth), options);
    const svg = plot.querySelector("svg");
    if (svg) svg.setAttribute("aria-hidden", "true");
    return result;
  }

  const drawn = [];
  for (const script of document.querySelectorAll("script.spec")) {
    const plot = document.getElementById(script.dataset.plot);
    drawn.push({ plot, spec: JSON.parse(script.textContent), width: plot.clientWidth });
  }

  Promise.all(drawn.map((one) => draw(one.plot, one.spec)))
    .then(() => { document.documentElement.dataset.drawn = String(drawn.length); })
    .catch((problem) => { console.error(problem); });

  let waiting = 0;
  window.addEventListener("resize", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      for (const one of drawn) {
        if (one.spec.facet && Math.abs(one.plot.clientWidth - one.width) > 20) {
          one.width = one.plot.clientWidth;
          draw(one.plot, one.spec);
        }
      }
    }, 200);
  });
})();
