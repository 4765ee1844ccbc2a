import { TAG, type DataSet } from '../../domain/index.js';
import { problem, type SegmentationProblem, type Writer } from './problems.js';
import type { ReadFrame, ReadSegmentation } from './read-segmentation.js';
import { findSource, type KnownSources } from './known-sources.js';

/** Every frame names exactly one image, rightly where the images are at hand, and the list of references is that of the frames. */
export function checkReferences(
  object: ReadSegmentation,
  known: KnownSources | undefined,
  writer: Writer,
): readonly SegmentationProblem[] {
  return [
    ...object.frames.flatMap((frame) => checkFrameReference(frame, known)),
    ...checkReferencedSeries(object, known, writer),
    ...(writer === 'ours' && object.dataSet.has(TAG.SourceImageSequence) ? [problem('top-level-source-images')] : []),
  ];
}

function checkFrameReference(frame: ReadFrame, known: KnownSources | undefined): readonly SegmentationProblem[] {
  const place = { frame: frame.number };
  const [reference] = frame.sources;
  if (!reference) return [problem('derivation-image-missing', place)];
  const found: SegmentationProblem[] = [];
  if (frame.sources.length > 1 || frame.derivations.length > 1) found.push(problem('source-image-not-one', place));
  if (reference.item.text(TAG.SpatialLocationsPreserved) !== 'YES') found.push(problem('spatial-locations', place));
  for (const [item, tag] of [
    [frame.derivations[0]!, TAG.DerivationCodeSequence],
    [reference.item, TAG.PurposeOfReferenceCodeSequence],
  ] as const)
    if (item.items(tag).length === 0) found.push(problem('attribute-missing', { ...place, tag }));
  if (!known) return found;
  const instance = known.get(reference.sopInstanceUID ?? '');
  if (!instance) return [...found, problem('reference-unknown', place)];
  if (reference.sopClassUID !== instance.sopClassUID) found.push(problem('reference-class-differs', place));
  if ((reference.frame !== undefined) !== instance.multiFrame) found.push(problem('frame-number', place));
  else if (!findSource(known, reference)) found.push(problem('reference-unknown', place));
  return found;
}

function checkReferencedSeries(
  { dataSet, frames }: ReadSegmentation,
  known: KnownSources | undefined,
  writer: Writer,
): readonly SegmentationProblem[] {
  const series = dataSet.items(TAG.ReferencedSeriesSequence);
  const [first] = series;
  if (!first) return [problem('referenced-series-missing')];
  const all = series.flatMap((item) => item.items(TAG.ReferencedInstanceSequence).map(instanceOf));
  const twice = new Set(all).size === all.length ? [] : [problem('referenced-instance-twice')];

  const named = new Set(frames.flatMap(({ sources }) => sources.map(({ sopInstanceUID }) => sopInstanceUID ?? '')));
  const listed = first.items(TAG.ReferencedInstanceSequence);
  const uids = new Set(listed.map(instanceOf));
  const lists = [...named].every((uid) => uids.has(uid)) && (writer === 'another' || uids.size === named.size);
  const exact = lists ? [] : [problem('referenced-instances-differ')];
  if (!known) return [...twice, ...(named.size === 0 ? [] : exact)];

  const ofImages = new Set([...named].flatMap((uid) => known.get(uid)?.seriesInstanceUID ?? []));
  if (ofImages.size === 0) return twice;
  const isImageSeries = (item: DataSet): boolean => ofImages.has(item.text(TAG.SeriesInstanceUID) ?? '');
  if (!isImageSeries(first))
    return [...twice, problem(series.some(isImageSeries) ? 'referenced-series-order' : 'referenced-series-differs')];
  const classes = listed.every((item) => {
    const instance = known.get(instanceOf(item));
    return instance === undefined || item.text(TAG.ReferencedSOPClassUID) === instance.sopClassUID;
  });
  return [
    ...twice,
    ...exact,
    ...(classes ? [] : [problem('reference-class-differs', { tag: TAG.ReferencedSeriesSequence })]),
  ];
}

const instanceOf = (item: DataSet): string => item.text(TAG.ReferencedSOPInstanceUID) ?? '';
