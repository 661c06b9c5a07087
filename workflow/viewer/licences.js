/* Writes the licences of the packages that openlayers.js holds. */
const fs = require("fs");

const PACKAGES = ["ol", "rbush", "quickselect"];
const texts = PACKAGES.map((name) => {
  const folder = `node_modules/${name}`;
  const { version } = JSON.parse(fs.readFileSync(`${folder}/package.json`));
  const file = fs.readdirSync(folder).find((entry) => /^licen[sc]e/i.test(entry));
  return `${name} ${version}\n\n${fs.readFileSync(`${folder}/${file}`, "utf8").trim()}\n`;
});
fs.writeFileSync("openlayers.LICENSE.txt", texts.join(`\n${"=".repeat(72)}\n\n`));
