import { SOP_CLASS, TAG, type DataSet, type SopClassUid } from '../../domain/index.js';

const MULTI_FRAME_CLASSES: ReadonlySet<string> = new Set<SopClassUid>([
  SOP_CLASS.EnhancedCTImage,
  SOP_CLASS.LegacyConvertedEnhancedCTImage,
]);

/** Whether references to the image name a frame: by what the object is, not by how many frames it happens to have. */
export const isMultiFrame = (header: DataSet): boolean =>
  MULTI_FRAME_CLASSES.has(header.text(TAG.SOPClassUID) ?? '') || header.has(TAG.PerFrameFunctionalGroupsSequence);
