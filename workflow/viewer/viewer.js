/* Shows the maps of a study: the COGs in the page become colours, a click becomes values. */
"use strict";

const study = JSON.parse(document.getElementById("data").textContent);
const byId = (id) => document.getElementById(id);
const state = { place: null, layer: null, hidden: new Set() };
const opened = new Map();

/* Vectors: their look and what they are called. */
const VECTORS = {
  landslides: { title: "Mapped landslides", colour: "#08306b", fill: "#6fd3ff99", shape: "round", shown: true },
  priorities: { title: "Ranked units", colour: "#4d004b", fill: "#00000001", shape: "", shown: false },
};

/* ---- bytes ------------------------------------------------------------------------------- */

function fromBase64(text) {
  const letters = atob(text);
  const bytes = new Uint8Array(letters.length);
  for (let index = 0; index < bytes.length; index++) bytes[index] = letters.charCodeAt(index);
  return bytes;
}

/* The levels of a COG, the coarsest first. */
function openLevels(cog) {
  if (!opened.has(cog)) opened.set(cog, readLevels(cog));
  return opened.get(cog);
}

async function readLevels(text) {
  const file = await ol.fromBlob(new Blob([fromBase64(text)]));
  const numbers = [...Array(await file.getImageCount()).keys()];
  const images = await Promise.all(numbers.map((number) => file.getImage(number)));
  return images.sort((one, other) => one.getWidth() - other.getWidth());
}

async function readByte(cog, column, row) {
  const levels = await openLevels(cog);
  const [bytes] = await levels.at(-1).readRasters({ window: [column, row, column + 1, row + 1] });
  return bytes[0];
}

async function paintTile(cog, table, level, x, y) {
  const image = (await openLevels(cog))[level];
  const { tile } = state.place;
  const window = [x * tile, y * tile, Math.min((x + 1) * tile, image.getWidth()), Math.min((y + 1) * tile, image.getHeight())];
  const [bytes] = await image.readRasters({ window });
  return paint(bytes, window[2] - window[0], window[3] - window[1], table);
}

function newCanvas(width, height) {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  return canvas;
}

function paint(bytes, width, height, table) {
  const canvas = newCanvas(state.place.tile, state.place.tile);
  const context = canvas.getContext("2d");
  const image = context.createImageData(width, height);
  const colours = new Uint32Array(table.buffer);
  const cells = new Uint32Array(image.data.buffer);
  for (let cell = 0; cell < bytes.length; cell++) cells[cell] = colours[bytes[cell]];
  context.putImageData(image, 0, 0);
  return canvas;
}

/* Flat ground is white and slopes darken it: the colours of the map above are multiplied by it. */
function greyTable() {
  const table = new Uint8Array(1024);
  for (let byte = 1; byte < 256; byte++) {
    const grey = Math.min(255, 100 + (155 * byte) / 180);
    table.set([grey, grey, grey, 255], 4 * byte);
  }
  return table;
}

function colourTable(layer) {
  const table = fromBase64(layer.colours);
  for (const code of state.hidden) if (layer.categories) table.fill(0, 4 * (code + 1), 4 * (code + 2));
  return table;
}

function toValue(layer, byte) {
  if (byte === 0) return null;
  if (layer.scale === "codes") return byte - 1;
  const share = (byte - 1) / 254;
  if (layer.scale === "linear") return layer.low + share * (layer.high - layer.low);
  const [low, high] = [logit(layer.low), logit(layer.high)];
  return expit(low + share * (high - low));
}

const logit = (share) => Math.log(share / (1 - share));
const expit = (value) => 1 / (1 + Math.exp(-value));
const round = (value) => String(Number(value.toPrecision(3)));

/* ---- map --------------------------------------------------------------------------------- */

function newSource(cog, table) {
  const { bounds, shown_m: edge, tile, levels } = state.place;
  const resolutions = [...Array(levels + 1).keys()].map((level) => edge * 2 ** (levels - level));
  return new ol.ImageTile({
    projection: state.projection,
    tileGrid: new ol.TileGrid({ extent: bounds, origin: [bounds[0], bounds[3]], resolutions, tileSize: tile }),
    interpolate: false,
    transition: 0,
    loader: (level, x, y) => paintTile(cog, table, level, x, y),
  });
}

const map = new ol.Map({
  target: "map",
  controls: ol.defaultControls({ rotate: false, attribution: false }).extend([new ol.ScaleLine()]),
});
const marker = new ol.VectorLayer({ source: new ol.VectorSource() });
marker.setStyle([["#fff", 5], ["#222", 2]].map(([color, width]) => new ol.Style({
  image: new ol.Circle({ radius: 7, stroke: new ol.Stroke({ color, width }) }),
})));

function styleOf(look) {
  const stroke = new ol.Stroke({ color: look.colour, width: 1.2 });
  const fill = new ol.Fill({ color: look.fill });
  return new ol.Style({ stroke, fill, image: new ol.Circle({ radius: 3.5, stroke, fill }) });
}

function showPlace(index) {
  state.place = study.places[index];
  const { bounds, crs, shown_m: edge } = state.place;
  state.projection = new ol.Projection({
    code: `${crs}#${index}`, units: "m", extent: bounds, getPointResolution: (length) => length,
  });
  state.layers = { relief: new ol.TileLayer(), image: new ol.TileLayer({ className: "shaded" }) };
  state.layers.relief.setSource(newSource(state.place.relief, greyTable()));
  setOpacity();
  state.vectors = Object.fromEntries(Object.entries(state.place.vectors).map(([name, features]) => [
    name,
    new ol.VectorLayer({
      source: new ol.VectorSource({
        features: new ol.GeoJSON({ dataProjection: state.projection }).readFeatures(features),
      }),
      style: styleOf(VECTORS[name]),
      visible: VECTORS[name].shown,
    }),
  ]));
  marker.getSource().clear();
  map.setLayers([state.layers.relief, state.layers.image, ...Object.values(state.vectors), marker]);
  const view = new ol.View({ projection: state.projection, minResolution: edge / 32, showFullExtent: true });
  map.setView(view);
  view.fit(bounds, { size: map.getSize(), padding: [20, 20, 20, 20] });
  listLayers();
  listVectors();
  tell(["Click the map, or move it with the arrow keys and press Enter."]);
  describe();
  showLayer(state.layer && state.place.layers.some((layer) => layer.kind === state.layer.kind)
    ? state.layer.kind : state.place.layers[0].kind);
}

function setOpacity() {
  const opacity = byId("opacity").value / 100;
  state.layers.image.setOpacity(opacity);
  byId("legend").style.setProperty("--opacity", opacity);
}

function showLayer(kind) {
  state.layer = state.place.layers.find((layer) => layer.kind === kind);
  byId(`layer-${kind}`).checked = true;
  state.hidden.clear();
  showLegend();
  repaint();
}

function repaint() {
  const shown = `${state.place.name} ${state.layer.kind}`;
  state.layers.image.setSource(newSource(state.layer.cog, colourTable(state.layer)));
  map.once("rendercomplete", () => (document.body.dataset.shown = shown));
}

/* ---- panel ------------------------------------------------------------------------------- */

function element(tag, properties = {}, children = []) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

function swatch(fill, shape = "", edge = "") {
  const made = element("span", { className: `swatch ${shape}` });
  made.style.background = fill;
  made.style.borderColor = edge;
  made.setAttribute("aria-hidden", "true");
  return made;
}

function listLayers() {
  byId("layers").replaceChildren(...state.place.layers.map((layer) => {
    const choice = element("input", { type: "radio", name: "layer", id: `layer-${layer.kind}`, value: layer.kind });
    choice.addEventListener("change", () => showLayer(layer.kind));
    return element("label", {}, [choice, layer.title]);
  }));
}

function listVectors() {
  byId("vectors").replaceChildren(...Object.entries(state.vectors).map(([name, layer]) => {
    const choice = element("input", { type: "checkbox", id: `vector-${name}`, checked: layer.getVisible() });
    choice.addEventListener("change", () => {
      VECTORS[name].shown = choice.checked;
      layer.setVisible(choice.checked);
    });
    const count = layer.getSource().getFeatures().length;
    const { title, fill, colour, shape } = VECTORS[name];
    return element("label", {}, [choice, swatch(fill, shape, colour), `${title} (${count})`]);
  }));
}

function showLegend() {
  const { title, unit } = state.layer;
  byId("legend-title").textContent = unit ? `${title} [${unit}]` : title;
  byId("legend").replaceChildren(...(state.layer.categories ? listCategories() : drawRamp()));
}

function listCategories() {
  return state.layer.categories.map(({ code, label, colour }) => {
    const choice = element("input", { type: "checkbox", checked: true });
    choice.addEventListener("change", () => {
      state.hidden[choice.checked ? "delete" : "add"](code);
      repaint();
    });
    return element("label", {}, [choice, swatch(colour), label]);
  }).reverse();
}

function drawRamp() {
  const [low, high] = state.layer.ramp;
  const canvas = element("canvas", { id: "ramp", width: 256, height: 1 });
  canvas.setAttribute("aria-hidden", "true");
  const image = canvas.getContext("2d").createImageData(256, 1);
  const table = fromBase64(state.layer.colours);
  for (let x = 0; x < 256; x++) {
    const byte = Math.round(low + (x / 255) * (high - low));
    image.data.set(table.subarray(4 * byte, 4 * byte + 4), 4 * x);
  }
  canvas.getContext("2d").putImageData(image, 0, 0);
  const ticks = element("div", { className: "ticks" }, state.layer.ticks.map((text) => element("span", { textContent: text })));
  return [canvas, ticks];
}

function describe() {
  const { crs, cell_m: own, shown_m: shown, prevalence } = state.place;
  const parts = [`${state.place.name}: ${crs}, cells of ${round(own)} m`];
  if (shown > own * 1.001) parts.push(`shown are means over ${round(shown)} m; the GeoTIFFs hold all cells`);
  if (prevalence) parts.push(`susceptibility is stated for a prevalence of ${prevalence}`);
  byId("about").textContent = `${parts.join("; ")}. Values are rounded to one of 254 steps.`;
}

/* ---- values ------------------------------------------------------------------------------ */

function findCell([x, y]) {
  const [west, south, east, north] = state.place.bounds;
  const [width, height] = state.place.size;
  const column = Math.floor(((x - west) / (east - west)) * width);
  const row = Math.floor(((north - y) / (north - south)) * height);
  return column >= 0 && column < width && row >= 0 && row < height ? [column, row] : null;
}

async function tellValues(coordinate) {
  const place = state.place;
  marker.getSource().clear();
  marker.getSource().addFeature(new ol.Feature(new ol.Point(coordinate)));
  const cell = findCell(coordinate);
  if (cell === null) return tell(["This place is outside the map."]);
  const values = {};
  const bytes = {};
  for (const layer of place.layers) {
    bytes[layer.kind] = await readByte(layer.cog, ...cell);
    values[layer.kind] = toValue(layer, bytes[layer.kind]);
  }
  if (place !== state.place) return undefined;
  if (values.susceptibility === null) return tell(["No data here."]);
  const rows = place.layers.flatMap((layer) => describeValue(layer, values, bytes.uncertainty));
  rows.unshift(["Place", `${Math.round(coordinate[0])}, ${Math.round(coordinate[1])} m`, "place"]);
  rows.push(...describeLocal(coordinate));
  const drivers = place.drivers[`class ${values.classes}`];
  if (drivers) rows.push(["Main factors of this class", drivers.join(", "), "drivers"]);
  return tell([tabulate(rows), ...describeFeatures(coordinate)]);
}

function describeValue(layer, values, uncertainty) {
  const value = values[layer.kind];
  if (value === null) return [[layer.title, "no data", layer.kind]];
  if (layer.categories) {
    const category = layer.categories.find(({ code }) => code === value);
    return [[layer.title, category.label, layer.kind]];
  }
  const rows = [[`${layer.title} [${layer.kind === "uncertainty" ? "logit" : "1"}]`, round(value), layer.kind]];
  const { interval } = state.place;
  if (layer.kind === "susceptibility" && interval.length && uncertainty) {
    const limits = interval.map((steps) => expit(logit(value) + steps[uncertainty - 1]));
    rows.push(["90 % interval [1]", limits.map(round).join(" to "), "interval"]);
  }
  return rows;
}

/* The strongest factors of the explained cell whose square the place lies in. */
function describeLocal([x, y]) {
  const { local, cell_m: cell } = state.place;
  if (!local) return [];
  const [west, south, east, north] = local.bounds;
  const [width, height] = local.size;
  const edge = (east - west) / width;
  const [column, row] = [Math.floor((x - west) / edge), Math.floor((north - y) / edge)];
  if (column < 0 || column >= width || row < 0 || row >= height) return [];
  const numbers = fromBase64(local.factors);
  const changes = new DataView(fromBase64(local.changes).buffer);
  const parts = [...Array(local.ranks).keys()].flatMap((rank) => {
    const place = (rank * height + row) * width + column;
    if (numbers[place] === 0) return [];
    const change = changes.getInt16(2 * place, true) / 100;
    return [`${local.names[numbers[place] - 1]} ${change < 0 ? "\u2212" : "+"}${Math.abs(change).toFixed(2)}`];
  });
  if (!parts.length) return [];
  // explained is one cell of the map, the middle one of the square
  const middle = (Math.floor(Math.round(edge / cell) / 2) + 0.5) * cell;
  const away = Math.hypot(x - west - column * edge - middle, north - y - row * edge - middle);
  return [[`Strongest factors [logit], at a cell ${Math.round(away)} m away`, parts.join(", "), "local"]];
}

function tabulate(rows) {
  return element("table", {}, [element("tbody", {}, rows.map(([title, text, kind]) => {
    const cell = element("td", { textContent: text });
    cell.dataset.kind = kind;
    return element("tr", {}, [element("th", { scope: "row", textContent: title }), cell]);
  }))]);
}

function describeFeatures(coordinate) {
  const reach = 6 * map.getView().getResolution();
  const near = [coordinate[0] - reach, coordinate[1] - reach, coordinate[0] + reach, coordinate[1] + reach];
  return Object.entries(state.vectors).filter(([, layer]) => layer.getVisible()).flatMap(([name, layer]) => {
    let found = null;
    layer.getSource().forEachFeatureIntersectingExtent(near, (feature) => (found = feature));
    if (!found) return [];
    const { geometry, ...properties } = found.getProperties();
    const text = Object.entries(properties).map(([key, value]) => `${key} ${value}`).join(", ");
    return [element("p", { textContent: `${VECTORS[name].title}: ${text || "here"}` })];
  });
}

function tell(children) {
  byId("values").replaceChildren(...children);
}

/* ---- start ------------------------------------------------------------------------------- */

byId("place").append(...study.places.map((place, index) => element("option", { value: index, textContent: place.name })));
byId("place").addEventListener("change", (event) => showPlace(Number(event.target.value)));
byId("opacity").addEventListener("input", setOpacity);
byId("map").setAttribute("aria-label", "Map");
byId("map").addEventListener("keydown", (event) => {
  if (event.key === "Enter") tellValues(map.getView().getCenter());
  const layer = state.place.layers[Number(event.key) - 1];
  if (layer) showLayer(layer.kind);
});
map.on("click", (event) => tellValues(event.coordinate));
map.on("postrender", () => {
  const area = byId("map");
  byId("crosshair").style.left = `${area.offsetLeft + area.clientWidth / 2}px`;
  byId("crosshair").style.top = `${area.offsetTop + area.clientHeight / 2}px`;
});
showPlace(0);
