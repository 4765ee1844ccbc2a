import { SOP_CLASS, TAG, type DataSet, type SopClassUid, type Tag } from '../../domain/index.js';

const MULTI_FRAME_CLASSES: ReadonlySet<string> = new Set<SopClassUid>([
  SOP_CLASS.EnhancedCTImage,
  SOP_CLASS.LegacyConvertedEnhancedCTImage,
]);

/** Whether references to the image name a frame: by what the object is, not by how many frames it happens to have. */
export const isMultiFrame = (header: DataSet): boolean =>
  MULTI_FRAME_CLASSES.has(header.text(TAG.SOPClassUID) ?? '') || header.has(TAG.PerFrameFunctionalGroupsSequence);

/** The item of a functional group macro that holds for a frame (counted from 1): its own, else the shared one (PS3.3 C.7.6.16.1). */
export function functionalGroup(header: DataSet, frame: number, macro: Tag): DataSet | undefined {
  const own = header.items(TAG.PerFrameFunctionalGroupsSequence)[frame - 1]?.items(macro)[0];
  return own ?? header.items(TAG.SharedFunctionalGroupsSequence)[0]?.items(macro)[0];
}
