import { TAG, type DataSet, type SourceSlice } from '../../domain/index.js';
import { isMultiFrame } from '../source/multi-frame.js';
import type { ReadSourceReference } from './read-segmentation.js';

/** An image that is at hand, as references name it. */
export interface KnownInstance {
  readonly sopClassUID: string | undefined;
  readonly seriesInstanceUID: string | undefined;
  readonly multiFrame: boolean;
  readonly header: DataSet;
  /** Slices by frame number; a single-frame image has its only slice under 1. */
  readonly slices: Map<number, SourceSlice>;
}

export interface KnownSources {
  readonly instances: ReadonlyMap<string, KnownInstance>;
}

export function knownSources(slices: readonly SourceSlice[]): KnownSources {
  const instances = new Map<string, KnownInstance>();
  for (const slice of slices) {
    const { header, reference } = slice;
    const uid = header.text(TAG.SOPInstanceUID) ?? '';
    const multiFrame = isMultiFrame(header);
    const instance = instances.get(uid) ?? {
      sopClassUID: header.text(TAG.SOPClassUID),
      seriesInstanceUID: header.text(TAG.SeriesInstanceUID),
      multiFrame,
      header,
      slices: new Map<number, SourceSlice>(),
    };
    instance.slices.set(multiFrame ? (reference.frame ?? 1) : 1, slice);
    instances.set(uid, instance);
  }
  return { instances };
}

/** The slice that a frame's reference names; undefined where it is not at hand. */
export const findSource = (known: KnownSources, reference: ReadSourceReference): SourceSlice | undefined =>
  known.instances.get(reference.sopInstanceUID ?? '')?.slices.get(reference.frame ?? 1);
