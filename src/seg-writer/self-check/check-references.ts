import { TAG, type DataSet } from '../../domain/index.js';
import { problem, type Place, type SegmentationProblem, type Writer } from './problems.js';
import type { ReadFrame, ReadSourceReference } from './read-frames.js';
import type { ReadSegmentation } from './read-segmentation.js';
import { findSource, type KnownSources } from './known-sources.js';

/** Every frame names exactly one image, rightly where the images are at hand, and the list of references is that of the frames. */
export function checkReferences(
  object: ReadSegmentation,
  known: KnownSources | undefined,
  writer: Writer,
): readonly SegmentationProblem[] {
  return [
    ...checkFrameReferences(object.frames, known),
    ...checkReferencedSeries(object, known, writer),
    ...(writer === 'ours' && object.dataSet.has(TAG.SourceImageSequence) ? [problem('top-level-source-images')] : []),
  ];
}

function checkFrameReferences(
  frames: readonly ReadFrame[],
  known: KnownSources | undefined,
): readonly SegmentationProblem[] {
  const found: SegmentationProblem[] = [];
  /** Items in which nothing is missing: frames that repeat one another share them. */
  const whole = new Set<DataSet>();
  for (const frame of frames) {
    const place = { frame: frame.number };
    const [reference] = frame.sources;
    if (!reference) {
      found.push(problem('derivation-image-missing', place));
      continue;
    }
    if (frame.sources.length > 1 || frame.derivations.length > 1) found.push(problem('source-image-not-one', place));
    const derivation = frame.derivations[0]!;
    if (!whole.has(reference.item) || !whole.has(derivation)) {
      const missing = checkItems(derivation, reference.item, place);
      if (missing.length === 0) whole.add(derivation).add(reference.item);
      found.push(...missing);
    }
    if (known) found.push(...checkAgainstImage(reference, known, place));
  }
  return found;
}

function checkItems(derivation: DataSet, source: DataSet, place: Place): readonly SegmentationProblem[] {
  const found: SegmentationProblem[] = [];
  if (source.text(TAG.SpatialLocationsPreserved) !== 'YES') found.push(problem('spatial-locations', place));
  for (const [item, tag] of [
    [derivation, TAG.DerivationCodeSequence],
    [source, TAG.PurposeOfReferenceCodeSequence],
  ] as const)
    if (item.items(tag).length === 0) found.push(problem('attribute-missing', { ...place, tag }));
  return found;
}

const NOTHING: readonly SegmentationProblem[] = [];

function checkAgainstImage(
  reference: ReadSourceReference,
  known: KnownSources,
  place: Place,
): readonly SegmentationProblem[] {
  const instance = known.get(reference.sopInstanceUID ?? '');
  if (!instance) return [problem('reference-unknown', place)];
  const classes =
    reference.sopClassUID === instance.sopClassUID ? NOTHING : [problem('reference-class-differs', place)];
  if ((reference.frame !== undefined) !== instance.multiFrame) return [...classes, problem('frame-number', place)];
  return findSource(known, reference) ? classes : [...classes, problem('reference-unknown', place)];
}

function checkReferencedSeries(
  { dataSet, frames }: ReadSegmentation,
  known: KnownSources | undefined,
  writer: Writer,
): readonly SegmentationProblem[] {
  const series = dataSet.items(TAG.ReferencedSeriesSequence);
  const [first] = series;
  if (!first) return [problem('referenced-series-missing')];
  const instances = series.map((item) => item.items(TAG.ReferencedInstanceSequence));
  const uidsOf = instances.map((items) => items.map(instanceOf));
  const all = uidsOf.flat();
  const twice = new Set(all).size === all.length ? [] : [problem('referenced-instance-twice')];

  const named = new Set<string>();
  for (const { sources } of frames) for (const { sopInstanceUID } of sources) named.add(sopInstanceUID ?? '');
  const listed = instances[0]!;
  const uids = new Set(uidsOf[0]);
  const lists = [...named].every((uid) => uids.has(uid)) && (writer === 'another' || uids.size === named.size);
  const exact = lists ? [] : [problem('referenced-instances-differ')];
  if (!known) return [...twice, ...(named.size === 0 ? [] : exact)];

  const ofImages = new Set([...named].flatMap((uid) => known.get(uid)?.seriesInstanceUID ?? []));
  if (ofImages.size === 0) return twice;
  const isImageSeries = (item: DataSet): boolean => ofImages.has(item.text(TAG.SeriesInstanceUID) ?? '');
  if (!isImageSeries(first))
    return [...twice, problem(series.some(isImageSeries) ? 'referenced-series-order' : 'referenced-series-differs')];
  const classes = listed.every((item, index) => {
    const instance = known.get(uidsOf[0]![index]!);
    return instance === undefined || item.text(TAG.ReferencedSOPClassUID) === instance.sopClassUID;
  });
  return [
    ...twice,
    ...exact,
    ...(classes ? [] : [problem('reference-class-differs', { tag: TAG.ReferencedSeriesSequence })]),
  ];
}

const instanceOf = (item: DataSet): string => item.text(TAG.ReferencedSOPInstanceUID) ?? '';
