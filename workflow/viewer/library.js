/* What the viewer uses of OpenLayers and geotiff.js; `make viewer-library` bundles it. */
export { fromBlob } from "geotiff";
export { default as Feature } from "ol/Feature.js";
export { default as GeoJSON } from "ol/format/GeoJSON.js";
export { default as ImageTile } from "ol/source/ImageTile.js";
export { default as Map } from "ol/Map.js";
export { default as Point } from "ol/geom/Point.js";
export { default as Projection } from "ol/proj/Projection.js";
export { default as ScaleLine } from "ol/control/ScaleLine.js";
export { default as TileGrid } from "ol/tilegrid/TileGrid.js";
export { default as TileLayer } from "ol/layer/Tile.js";
export { default as VectorLayer } from "ol/layer/Vector.js";
export { default as VectorSource } from "ol/source/Vector.js";
export { default as View } from "ol/View.js";
export { defaults as defaultControls } from "ol/control/defaults.js";
export { Circle, Fill, Stroke, Style } from "ol/style.js";
