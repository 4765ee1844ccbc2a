export { lesionRegion, overlayPng, slicePng } from './overlay-png.js';
export { contourPath, overlaySvg } from './overlay-svg.js';
export { windowFor, WINDOWS, wholeSlice, type Region, type ShownSlice, type Window } from './window.js';
export { contactSheetHtml, type SheetCard, type SheetGroup } from './contact-sheet.js';
export { huPng, labelPng, PNG_LEVEL } from './grey-png.js';
