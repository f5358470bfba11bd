// Compiles every specification of a folder by Vega-Lite, draws it, and prints: name, marks drawn, warnings. A line each.
"use strict";
const fs = require("fs");
const path = require("path");
const vm = require("vm");
const [web, folder] = process.argv.slice(2);

for (const name of ["vega.min.js", "vega-lite.min.js"]) {
  vm.runInThisContext(fs.readFileSync(path.join(web, name), "utf8"), { filename: name });
}

(async () => {
  for (const file of fs.readdirSync(folder).sort()) {
    const messages = [];
    const note = (...all) => messages.push(all.join(" "));
    const logger = { level() { return this; }, error: note, warn: note, info() {}, debug() {} };
    let marks = 0;
    try {
      const spec = JSON.parse(fs.readFileSync(path.join(folder, file), "utf8"));
      const compiled = vegaLite.compile(spec, { logger }).spec;
      const view = new vega.View(vega.parse(compiled), { renderer: "none", logger });
      const svg = await view.toSVG();
      marks = (svg.match(/aria-roledescription="[a-z]+ mark"|role="graphics-symbol"/g) || []).length;
      const broken = (svg.match(/NaN|undefined|Infinity/g) || []).length;
      if (broken > 0) messages.push(`the drawing has ${broken} values that are no numbers`);
    } catch (problem) {
      messages.push(String((problem && problem.stack) || problem).replace(/\s+/g, " "));
    }
    console.log([file, marks, messages.join(" ; ")].join("\t"));
  }
})();
