// Writes the SVG of a Vega-Lite specification: node svg.cjs SPEC OUTPUT, with vega.min.js and vega-lite.min.js beside it.
"use strict";
const fs = require("fs");
const path = require("path");
const vm = require("vm");

for (const name of ["vega.min.js", "vega-lite.min.js"]) {
  vm.runInThisContext(fs.readFileSync(path.join(__dirname, name), "utf8"), { filename: name });
}

const spec = JSON.parse(fs.readFileSync(process.argv[2], "utf8"));
const warnings = [];
const logger = { level() { return this; }, error: (m) => warnings.push(m), warn: (m) => warnings.push(m), info() {}, debug() {} };
const compiled = vegaLite.compile(spec, { logger }).spec;
const view = new vega.View(vega.parse(compiled), { renderer: "none" });

view.toSVG().then((svg) => {
  fs.writeFileSync(process.argv[3], svg);
  for (const warning of warnings) console.error(String(warning));
}).catch((problem) => {
  console.error(String(problem && problem.stack || problem));
  process.exit(1);
});
