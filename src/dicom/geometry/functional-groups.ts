import { TAG, type DataSet, type Tag } from '../../domain/index.js';

/** How many frames the image says it has: one where it does not say; undefined where what it says is no number of frames. */
export function numberOfFramesOf(header: DataSet): number | undefined {
  if (header.text(TAG.NumberOfFrames) === undefined) return 1;
  const frames = header.number(TAG.NumberOfFrames);
  return frames !== undefined && Number.isInteger(frames) && frames > 0 ? frames : undefined;
}

/**
 * The frame that is meant, counted from 1: an image of one frame needs no number. Undefined where the image does not have it, or has several and
 * none is named.
 */
export function resolvedFrame(header: DataSet, frame: number | undefined): number | undefined {
  const frames = numberOfFramesOf(header);
  if (frames === undefined) return undefined;
  if (frame === undefined) return frames === 1 ? 1 : undefined;
  return Number.isInteger(frame) && frame >= 1 && frame <= frames ? frame : undefined;
}

export const hasFunctionalGroups = (header: DataSet): boolean =>
  header.has(TAG.SharedFunctionalGroupsSequence) || header.has(TAG.PerFrameFunctionalGroupsSequence);

/**
 * The macro of a frame (PS3.3 C.7.6.16): its own if it has one, else the one that all frames share. Undefined where neither is there.
 */
export function functionalGroup(header: DataSet, frame: number, macro: Tag): DataSet | undefined {
  const own = perFrameGroups(header)[frame - 1]?.items(macro)[0];
  return own ?? header.items(TAG.SharedFunctionalGroupsSequence)[0]?.items(macro)[0];
}

/** A data set makes its items anew whenever it is asked; asked for each of a thousand frames, that would be a million items. */
const perFrame = new WeakMap<DataSet, readonly DataSet[]>();

function perFrameGroups(header: DataSet): readonly DataSet[] {
  const known = perFrame.get(header);
  if (known) return known;
  const groups = header.items(TAG.PerFrameFunctionalGroupsSequence);
  perFrame.set(header, groups);
  return groups;
}
