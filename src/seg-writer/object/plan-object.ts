import {
  dot,
  KERNEL_REVISION,
  normalOf,
  RECEIPT_VERSION,
  type SegmentedLesion,
  type SopInstanceUid,
} from '../../domain/index.js';
import { freePlaces, fillUp } from '../layout/frame-padding.js';
import { segmentMeaningOf } from '../meaning/segment-meaning.js';
import type { Bundle, SegmentationRequest, SegmentationType } from '../request.js';
import type { SourceImage } from '../source/source-image.js';
import { marksSha256 } from '../marks-digest.js';
import { workKeyOf } from '../work-key.js';
import { MaskDigest } from './mask-digest.js';
import { NO_PIXELS } from './packed-pixels.js';
import { objectUidsOf } from './object-uids.js';
import type {
  AdmittedLesion,
  AdmittedSlice,
  ObjectLayout,
  PlannedFrame,
  PlannedObject,
  PlannedSegment,
} from './planned-object.js';
import { trackingOf } from './tracking.js';

export function planObject(layout: ObjectLayout, request: SegmentationRequest, report: SopInstanceUid): PlannedObject {
  const { spacingBetweenSlicesMm } = layout;
  const type = request.segmentationType ?? 'binary';
  const { sources, lesions, rankOf } = byRank(layout.lesions);
  const frames = framesOf(type, lesions, sources, rankOf);
  const digests = digestsOf(frames, lesions.length);
  return {
    request,
    type,
    header: sources[0]!.slice.header,
    uids: objectUidsOf({
      report,
      images: sources.map((source) => source.sopInstanceUID),
      lesions: lesions.map(({ lesion }) => lesion),
      bundle: lesions.map(({ lesion }) => bundleOf(lesion, request)).find((bundle) => bundle !== undefined),
      policyName: request.policyName,
      type,
    }),
    sources,
    segments: lesions.map((admitted, index) => planSegment(admitted, index + 1, digests[index]!, request, report)),
    frames,
    spacingBetweenSlicesMm,
  };
}

function planSegment(
  admitted: AdmittedLesion,
  number: number,
  maskSha256: string,
  request: SegmentationRequest,
  report: SopInstanceUid,
): PlannedSegment {
  const { lesion, ordinal } = admitted;
  const { measurement } = lesion.located;
  const workKey = workKeyOf({
    report,
    measurementKey: measurement.key,
    method: lesion.method,
    kernelRevision: KERNEL_REVISION,
    bundle: bundleOf(lesion, request),
  });
  return {
    ...admitted,
    number,
    tracking: trackingOf(measurement, ordinal, request.firstReport ?? report),
    meaning: segmentMeaningOf(measurement),
    receipt: {
      version: RECEIPT_VERSION,
      workKey,
      maskSha256,
      kernelRevision: KERNEL_REVISION,
      marksSha256: marksSha256(measurement),
    },
  };
}

/** A bundle is behind a mask only if the network drew it: the seed mask of a fallback is another method. */
const bundleOf = ({ method }: SegmentedLesion, { bundle }: SegmentationRequest): Bundle | undefined =>
  method === 'cosegmentation' ? bundle : undefined;

type RankOf = (source: SourceImage) => number;

/** The distinct slices along the normal, and the lesions with their slices in that order. The layout has seen to it that a slice is a position. */
function byRank(lesions: readonly AdmittedLesion[]): {
  readonly sources: readonly SourceImage[];
  readonly lesions: readonly AdmittedLesion[];
  readonly rankOf: RankOf;
} {
  const distinct = new Map<string, SourceImage>();
  for (const { slices } of lesions) for (const { source } of slices) distinct.set(source.identity, source);
  const [first] = distinct.values();
  const normal = normalOf(first!.slice.plane);
  const sources = [...distinct.values()]
    .map((source) => {
      const { x, y, z } = source.slice.plane.position;
      return { source, height: dot([x, y, z], normal) };
    })
    .sort((a, b) => a.height - b.height)
    .map(({ source }) => source);
  const ranks = new Map(sources.map((source, index) => [source.identity, index + 1]));
  const rankOf: RankOf = (source) => ranks.get(source.identity)!;
  const inOrder = (slices: readonly AdmittedSlice[]): readonly AdmittedSlice[] =>
    slices.length < 2
      ? slices
      : slices
          .map((slice) => ({ slice, rank: rankOf(slice.source) }))
          .sort((a, b) => a.rank - b.rank)
          .map(({ slice }) => slice);
  return { sources, lesions: lesions.map((each) => ({ ...each, slices: inOrder(each.slices) })), rankOf };
}

function framesOf(
  type: SegmentationType,
  lesions: readonly AdmittedLesion[],
  sources: readonly SourceImage[],
  rankOf: RankOf,
): readonly PlannedFrame[] {
  if (type === 'labelmap') return labelledFrames(lesions, sources, rankOf);
  const frames = segmentFrames(lesions, sources, rankOf);
  return type === 'binary' ? filledUp(frames, lesions, sources, rankOf) : frames;
}

/** Of each segment, the digest of its frames in the order of the object. */
function digestsOf(frames: readonly PlannedFrame[], segments: number): readonly string[] {
  const digests = Array.from({ length: segments }, () => new MaskDigest());
  for (const { segmentNumber, parts } of frames) {
    for (const part of parts) digests[part.segmentNumber - 1]!.add(part.packed);
    if (segmentNumber !== undefined && parts.length === 0) digests[segmentNumber - 1]!.add(NO_PIXELS);
  }
  return digests.map((digest) => digest.hex());
}

/** A frame for every slice of every segment, in the order of segments. */
const segmentFrames = (
  lesions: readonly AdmittedLesion[],
  sources: readonly SourceImage[],
  rankOf: RankOf,
): readonly PlannedFrame[] =>
  lesions.flatMap(({ slices }, index) =>
    slices.map(({ source, ...pixels }): PlannedFrame => {
      const positionRank = rankOf(source);
      const segmentNumber = index + 1;
      return {
        segmentNumber,
        positionRank,
        source: sources[positionRank - 1]!,
        parts: [{ segmentNumber, ...pixels }],
      };
    }),
  );

/** A frame for every slice, with all its segments. */
function labelledFrames(
  lesions: readonly AdmittedLesion[],
  sources: readonly SourceImage[],
  rankOf: RankOf,
): readonly PlannedFrame[] {
  const parts = sources.map((): PlannedFrame['parts'][number][] => []);
  lesions.forEach(({ slices }, index) => {
    for (const { source, ...pixels } of slices)
      parts[rankOf(source) - 1]!.push({ segmentNumber: index + 1, ...pixels });
  });
  return sources.map((source, index) => ({
    segmentNumber: undefined,
    positionRank: index + 1,
    source,
    parts: parts[index]!,
  }));
}

/** Frames without pixels where the size rule asks for them: at pairs of segment and position that hold no frame, those of the last segment first. */
function filledUp(
  frames: readonly PlannedFrame[],
  lesions: readonly AdmittedLesion[],
  sources: readonly SourceImage[],
  rankOf: RankOf,
): readonly PlannedFrame[] {
  const { rows, columns } = sources[0]!.slice.plane;
  const missing = fillUp(frames.length, freePlaces(lesions, sources.length), rows * columns);
  if (missing === 0) return frames;
  const empty: PlannedFrame[] = [];
  for (let segmentNumber = lesions.length; segmentNumber > 0 && empty.length < missing; segmentNumber--) {
    const taken = new Set(lesions[segmentNumber - 1]!.slices.map(({ source }) => rankOf(source)));
    for (const [index, source] of sources.entries())
      if (!taken.has(index + 1)) empty.push({ segmentNumber, positionRank: index + 1, source, parts: [] });
  }
  return [...frames, ...empty.slice(0, missing)];
}
