import { dot, KERNEL_REVISION, normalOf, type SegmentedLesion, type SopInstanceUid } from '../../domain/index.js';
import { fillUp } from '../layout/frame-padding.js';
import { segmentMeaningOf } from '../meaning/segment-meaning.js';
import type { Bundle, SegmentationRequest } from '../request.js';
import { sliceIdentity, type SourceImage } from '../source/source-image.js';
import { workKeyOf } from '../work-key.js';
import { objectUidsOf } from './object-uids.js';
import { maskDigest } from './pack-bits.js';
import type { AdmittedLesion, ObjectLayout, PlannedFrame, PlannedObject, PlannedSegment } from './planned-object.js';
import { trackingOf } from './tracking.js';

export function planObject(layout: ObjectLayout, request: SegmentationRequest, report: SopInstanceUid): PlannedObject {
  const { lesions, spacingBetweenSlicesMm } = layout;
  const sources = sourcesByRank(lesions);
  const frames = framesOf(lesions, sources);
  const ofSegment = new Map<number, PlannedFrame[]>(lesions.map((_, index) => [index + 1, []]));
  for (const frame of frames) ofSegment.get(frame.segmentNumber)!.push(frame);
  return {
    request,
    uids: objectUidsOf({
      report,
      images: sources.map((source) => source.sopInstanceUID),
      lesions: lesions.map(({ lesion }) => lesion),
      bundle: lesions.map(({ lesion }) => bundleOf(lesion, request)).find((bundle) => bundle !== undefined),
      policyName: request.policyName,
    }),
    sources,
    segments: lesions.map((admitted, index) =>
      planSegment(admitted, index + 1, ofSegment.get(index + 1)!, request, report),
    ),
    frames,
    spacingBetweenSlicesMm,
  };
}

function planSegment(
  admitted: AdmittedLesion,
  number: number,
  frames: readonly PlannedFrame[],
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
  const maskSha256 = maskDigest(frames.map(({ bits }) => bits ?? new Uint8Array(lesion.mask.bits.length)));
  return {
    ...admitted,
    number,
    tracking: trackingOf(measurement, ordinal, request.firstReport ?? report),
    meaning: segmentMeaningOf(measurement),
    frames,
    receipt: { workKey, maskSha256, kernelRevision: KERNEL_REVISION },
  };
}

/** A bundle is behind a mask only if the network drew it: the seed mask of a fallback is another method. */
const bundleOf = ({ method }: SegmentedLesion, { bundle }: SegmentationRequest): Bundle | undefined =>
  method === 'cosegmentation' ? bundle : undefined;

/** The distinct slices along the normal. The layout has seen to it that a slice is a position. */
function sourcesByRank(lesions: readonly AdmittedLesion[]): readonly SourceImage[] {
  const sources = [...new Map(lesions.map(({ source }) => [sliceIdentity(source), source])).values()];
  const normal = normalOf(sources[0]!.slice.plane);
  const along = ({ slice }: SourceImage): number => {
    const { x, y, z } = slice.plane.position;
    return dot([x, y, z], normal);
  };
  return sources.sort((a, b) => along(a) - along(b));
}

/** One frame a segment, in the order of segments; then frames without pixels where the size rule asks for them. */
function framesOf(lesions: readonly AdmittedLesion[], sources: readonly SourceImage[]): readonly PlannedFrame[] {
  const rankOf = new Map(sources.map((source, index) => [sliceIdentity(source), index + 1]));
  const frames = lesions.map(({ source, lesion }, index): PlannedFrame => {
    const positionRank = rankOf.get(sliceIdentity(source))!;
    return { segmentNumber: index + 1, positionRank, source, bits: lesion.mask.bits };
  });
  const { rows, columns } = sources[0]!.slice.plane;
  const missing = fillUp(lesions.length, sources.length, rows * columns);
  return missing === 0 ? frames : [...frames, ...emptyFrames(frames, sources).slice(0, missing)];
}

/** Pairs of segment and position that hold no frame, those of the last segment first. */
function emptyFrames(frames: readonly PlannedFrame[], sources: readonly SourceImage[]): readonly PlannedFrame[] {
  return [...frames]
    .reverse()
    .flatMap(({ segmentNumber, positionRank }) =>
      sources.flatMap((source, index): PlannedFrame[] =>
        index + 1 === positionRank ? [] : [{ segmentNumber, positionRank: index + 1, source, bits: undefined }],
      ),
    );
}
