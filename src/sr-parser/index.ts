/** Report -> measurements -> marks on a slice. Pure, synchronous, total: nothing here throws, waits or looks anything up. */
export { isOwnObject } from './own-object.js';
export { readReport, reportNotRead } from './read-report.js';
export { recogniseCarrier } from './recognise-carrier.js';
export { chooseSlice } from './locate/choose-slice.js';
export { constantSpacing } from './locate/constant-spacing.js';
export { locateMeasurement } from './locate/locate-measurement.js';
