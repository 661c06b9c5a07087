/* In place of what geotiff.js needs for other compressions than the page has, and for workers. */
export default null;
export const ZSTDDecoder = null;
