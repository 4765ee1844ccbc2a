import { TAG, type DataSet } from '../../domain/index.js';
import { problem, type SegmentationProblem } from './problems.js';
import type { ReadFrame, ReadSegmentation } from './read-segmentation.js';
import { findSource, type KnownSources } from './known-sources.js';

/** Every frame names exactly one image that is at hand, rightly, and the list of references is that of the frames. */
export function checkReferences(object: ReadSegmentation, known: KnownSources): readonly SegmentationProblem[] {
  return [
    ...object.frames.flatMap((frame) => checkFrameReference(frame, known)),
    ...checkReferencedSeries(object, known),
    ...(object.dataSet.has(TAG.SourceImageSequence) ? [problem('top-level-source-images')] : []),
  ];
}

function checkFrameReference(frame: ReadFrame, known: KnownSources): readonly SegmentationProblem[] {
  const place = { frame: frame.number };
  const [reference] = frame.sources;
  if (!reference) return [problem('derivation-image-missing', place)];
  if (frame.sources.length > 1 || frame.derivations.length > 1) return [problem('source-image-not-one', place)];
  const found: SegmentationProblem[] = [];
  if (reference.item.text(TAG.SpatialLocationsPreserved) !== 'YES') found.push(problem('spatial-locations', place));
  for (const [item, tag] of [
    [frame.derivations[0]!, TAG.DerivationCodeSequence],
    [reference.item, TAG.PurposeOfReferenceCodeSequence],
  ] as const)
    if (item.items(tag).length === 0) found.push(problem('attribute-missing', { ...place, tag }));
  const instance = known.instances.get(reference.sopInstanceUID ?? '');
  if (!instance) return [...found, problem('reference-unknown', place)];
  if (reference.sopClassUID !== instance.sopClassUID) found.push(problem('reference-class-differs', place));
  if ((reference.frame !== undefined) !== instance.multiFrame) found.push(problem('frame-number', place));
  else if (!findSource(known, reference)) found.push(problem('reference-unknown', place));
  return found;
}

function checkReferencedSeries(
  { dataSet, frames }: ReadSegmentation,
  known: KnownSources,
): readonly SegmentationProblem[] {
  const series = dataSet.items(TAG.ReferencedSeriesSequence);
  const [first] = series;
  if (!first) return [problem('referenced-series-missing')];
  const named = new Set(frames.flatMap(({ sources }) => sources.map(({ sopInstanceUID }) => sopInstanceUID ?? '')));
  const ofImages = new Set([...named].map((uid) => known.instances.get(uid)?.seriesInstanceUID));
  const isImageSeries = (item: DataSet): boolean => ofImages.has(item.text(TAG.SeriesInstanceUID));
  if (!isImageSeries(first))
    return [problem(series.some(isImageSeries) ? 'referenced-series-order' : 'referenced-series-differs')];
  const listed = first.items(TAG.ReferencedInstanceSequence);
  const uids = listed.map((item) => item.text(TAG.ReferencedSOPInstanceUID) ?? '');
  const all = series.flatMap((item) =>
    item.items(TAG.ReferencedInstanceSequence).map((instance) => instance.text(TAG.ReferencedSOPInstanceUID)),
  );
  const exact = uids.length === named.size && uids.every((uid) => named.has(uid)) && new Set(all).size === all.length;
  const classes = listed.every(
    (item, i) => item.text(TAG.ReferencedSOPClassUID) === known.instances.get(uids[i]!)?.sopClassUID,
  );
  return [
    ...(exact ? [] : [problem('referenced-instances-differ')]),
    ...(classes ? [] : [problem('reference-class-differs', { tag: TAG.ReferencedSeriesSequence })]),
  ];
}
