/* Writes the licences of the packages that openlayers.js holds, as the bundler lists them. */
const fs = require("fs");

const inputs = Object.keys(JSON.parse(fs.readFileSync("bundle.json")).inputs);
const folders = inputs.map((file) => file.match(/^node_modules\/(?:@[^/]+\/)?[^/]+/)?.[0]);
const texts = [...new Set(folders.filter(Boolean))].sort().map((folder) => {
  const { name, version } = JSON.parse(fs.readFileSync(`${folder}/package.json`));
  const file = fs.readdirSync(folder).find((entry) => /^licen[sc]e/i.test(entry));
  return `${name} ${version}\n\n${fs.readFileSync(`${folder}/${file}`, "utf8").trim()}\n`;
});
fs.writeFileSync("openlayers.LICENSE.txt", texts.join(`\n${"=".repeat(72)}\n\n`));
fs.unlinkSync("bundle.json");
