/* What the viewer uses of OpenLayers; `make viewer-library` bundles it into openlayers.js. */
export { default as Feature } from "ol/Feature.js";
export { default as GeoJSON } from "ol/format/GeoJSON.js";
export { default as ImageCanvas } from "ol/source/ImageCanvas.js";
export { default as ImageLayer } from "ol/layer/Image.js";
export { default as Map } from "ol/Map.js";
export { default as Point } from "ol/geom/Point.js";
export { default as Projection } from "ol/proj/Projection.js";
export { default as ScaleLine } from "ol/control/ScaleLine.js";
export { default as VectorLayer } from "ol/layer/Vector.js";
export { default as VectorSource } from "ol/source/Vector.js";
export { default as View } from "ol/View.js";
export { defaults as defaultControls } from "ol/control/defaults.js";
export { Circle, Fill, Stroke, Style } from "ol/style.js";
