export type { Element, Elements } from './elements.js';
export { keywordOf, tagOf, vrOf } from './dictionary.js';
export { readPart10, type DicomFile } from './part10/read-part10.js';
export { changedElements, holdSameBytes } from './part10/compare-data-sets.js';
export type { ReadProblem } from './part10/read-problem.js';
export { encodeMultipart } from './multipart/encode-multipart.js';
export { MultipartSplitter, type MultipartPart, type MultipartProblem } from './multipart/multipart-splitter.js';
export { copyElement } from './encoding/copy-element.js';
export { encapsulatedFragments } from './part10/encapsulated-fragments.js';
export {
  codeSequence,
  decimalString,
  elementOf,
  elementsOf,
  emptyElement,
  sequence,
  type Content,
} from './encoding/elements-of.js';
export * as contentItem from './content-tree/content-item.js';
export type { ContentItem, InstanceReference } from './content-tree/content-item.js';
export { encodePart10 } from './encoding/encode-part10.js';
export type { DicomJsonDataSet, DicomJsonElement, DicomJsonPersonName, DicomJsonValue } from './json/dicom-json.js';
export { dicomJsonOf } from './json/dicom-json-of.js';
export { dataSetFromJson } from './json/json-data-set.js';
export { imagePlaneOf } from './geometry/image-plane.js';
export { functionalGroup } from './geometry/functional-groups.js';
export { isAxial, isLocalizer } from './geometry/slice-kind.js';
export { stackOf, type SliceStack } from './geometry/slice-stack.js';
export { encapsulatedFrames } from './pixels/encapsulated-frames.js';
export { initialiseCodecs } from './pixels/codecs.js';
export { huSliceOf } from './pixels/hu-slice.js';
export { packedBitsOf, storedValuesOf } from './pixels/stored-frames.js';
export { TRANSFER_SYNTAXES, type TransferSyntaxRow } from './pixels/transfer-syntaxes.js';
