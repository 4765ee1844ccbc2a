import { readPart10 } from '../dicom/index.js';
import {
  asReadUid,
  distanceFromPlane,
  fail,
  identifiesLesion,
  ok,
  type HuSlice,
  type ImageReference,
  type Mask,
  type MeasurementKey,
  type PixelMarks,
  type ReasonCode,
  type Result,
  type SeriesInstanceUid,
  type SourceSlice,
  type StudyInstanceUid,
  TAG,
} from '../domain/index.js';
import type { MeasurementRow, ReportStory } from '../ledger/index.js';
import { segmentMask } from '../seg-writer/index.js';
import { readReport } from '../sr-parser/index.js';
import { candidateContours, type CandidateContour } from './candidates.js';
import { fetchReport, fetchSlices, sliceAmong } from './fetch.js';
import { furtherSlicesIn } from './fetch-further.js';
import { segmentReport } from './segment.js';
import type { World } from './world.js';

/** What a person looks at: the slice, the marks, and the contour that is stored or would be. */
export interface LesionView {
  /** The report's name of the lesion, where it is one. */
  readonly label: string | undefined;
  readonly slice: HuSlice;
  readonly marks: PixelMarks;
  readonly longAxisMm: number;
  readonly shortAxisMm: number | undefined;
  readonly mask: Mask | undefined;
  /** Axes of the contour; undefined where what is stored is not what would be computed now (another kernel, another processor). */
  readonly measuredMm: { readonly long: number; readonly short: number } | undefined;
  readonly image: SourceSlice;
  readonly place: ImagePlace;
  /** What a person may choose from where the measurement is held; empty elsewhere. */
  readonly candidates: readonly CandidateContour[];
}

/** Where the marked image lies. */
export interface ImagePlace {
  readonly reference: ImageReference;
  readonly studyInstanceUID: StudyInstanceUid | undefined;
  readonly seriesInstanceUID: SeriesInstanceUid | undefined;
  readonly seriesNumber: number | undefined;
  readonly instanceNumber: number | undefined;
}

/**
 * Fetches again what a report's lesions look like: pixels are never kept here. A stored contour is decoded from the stored object, so that the
 * page shows what other readers get; one that is held or would be stored is computed again.
 */
export async function lesionViews(
  story: ReportStory,
  world: World,
): Promise<ReadonlyMap<MeasurementKey, Result<LesionView, ReasonCode>>> {
  const rows = story.runs[0]?.measurements ?? [];
  const all = (reason: ReasonCode) => new Map(rows.map((row) => [row.key, fail(reason)]));
  const sighting = story.sightings[0];
  const source = sighting && world.sources.get(sighting.source);
  if (!source) return all('archive-unreachable');
  const fetched = await fetchReport(source, sighting, story.report.sopInstanceUID);
  if (!fetched.ok) return all(fetched.error.code);
  const report = readReport(fetched.value.file.dataSet, source.carriers);
  const slices = await fetchSlices(report, source.images, world.kernels);
  if (!slices.ok) return all(slices.error.code);
  const results = await segmentReport(report, sliceAmong(slices.value), world.rules, world);
  if (!results.ok) return all(results.error);

  const views = new Map<MeasurementKey, Result<LesionView, ReasonCode>>();
  for (const result of results.value) {
    const row = rows.find((r) => r.key === result.measurement.key);
    if (!row) continue;
    const located = result.kind === 'ended' ? result.located : result.lesion.located;
    if (!located) {
      views.set(row.key, fail(result.kind === 'ended' ? result.reason : 'mask-empty'));
      continue;
    }
    const computed = result.kind === 'ended' ? undefined : result.lesion;
    const mask =
      row.seg === undefined || row.outcome === 'would-store'
        ? ok(computed?.mask)
        : await storedMask(row, located.slice.reference, story, world);
    if (!mask.ok) {
      views.set(row.key, mask);
      continue;
    }
    const shown = mask.value;
    const sameMask = computed && shown?.bits.every((bit, p) => bit === computed.mask.bits[p]);
    views.set(
      row.key,
      ok({
        label: identifiesLesion(result.measurement.trackingIdentifier)
          ? result.measurement.trackingIdentifier
          : undefined,
        slice: located.slice,
        marks: located.marks,
        longAxisMm: located.longAxisMm,
        shortAxisMm: located.shortAxisMm,
        mask: shown,
        image: located.slice,
        place: placeOf(located.slice),
        candidates: row.outcome === 'held' ? await candidateContours(result, world) : [],
        measuredMm: sameMask ? { long: computed.axes.longAxisMm, short: computed.axes.shortAxisMm } : undefined,
      }),
    );
  }
  return views;
}

function placeOf({ header, reference }: SourceSlice): ImagePlace {
  const uid = <U extends StudyInstanceUid | SeriesInstanceUid>(text: string | undefined): U | undefined =>
    text === undefined ? undefined : asReadUid<U>(text);
  return {
    reference,
    studyInstanceUID: uid(header.text(TAG.StudyInstanceUID)),
    seriesInstanceUID: uid(header.text(TAG.SeriesInstanceUID)),
    seriesNumber: header.number(TAG.SeriesNumber),
    instanceNumber: header.number(TAG.InstanceNumber),
  };
}

/** How far a person may scroll from the marked slice. */
const MOST_STEPS = 20;

/** A slice beside a marked one: `step` slices further along the series, towards its end where it is positive. */
export async function neighbourSlice(
  { image }: LesionView,
  step: number,
  story: ReportStory,
  world: World,
): Promise<Result<HuSlice, ReasonCode>> {
  const sighting = story.sightings[0];
  const source = sighting && world.sources.get(sighting.source);
  if (!source || Math.abs(step) > MOST_STEPS) return fail('image-gone');
  const further = furtherSlicesIn(source.images, world.kernels, (images) => world.ledger.rejections(images));
  const images = await further.imagesOf(image);
  if (!images.ok) return images;
  const ordered = [...images.value].sort(
    (a, b) => distanceFromPlane(image.plane, a.plane.position) - distanceFromPlane(image.plane, b.plane.position),
  );
  const here = ordered.findIndex(
    ({ image: other }) =>
      other.sopInstanceUID === image.reference.sopInstanceUID && other.frame === image.reference.frame,
  );
  const wanted = here < 0 ? undefined : ordered[here + step];
  return wanted ? further.sliceOf(wanted.image, image) : fail('image-gone');
}

/** The mask of a segment on its marked image, from a destination that holds its object, else from what is still to be delivered. */
async function storedMask(
  row: MeasurementRow,
  image: ImageReference,
  story: ReportStory,
  world: World,
): Promise<Result<Mask, ReasonCode>> {
  const object = story.runs.flatMap((run) => run.objects).find((o) => o.number === row.object);
  const names = object ? object.deliveries.map((d) => d.destination) : [...world.destinations.keys()];
  const held = object && (await world.ledger.objectBytes(object.number));
  if (held) return maskIn(held, row, image);
  for (const name of names) {
    const archive = world.destinations.get(name)?.archive;
    if (!archive || row.seg === undefined) continue;
    const place = object
      ? ok({ study: object.studyInstanceUID, series: object.seriesInstanceUID, instance: row.seg })
      : await archive.locate(row.seg, story.report.studyInstanceUID);
    const bytes = place.ok ? await archive.retrieve(place.value) : undefined;
    if (bytes?.ok) return maskIn(bytes.value, row, image);
  }
  return fail('read-back-missing');
}

/** The pixels of a measurement's segment on its image, in an object that holds them. */
export function maskIn(bytes: Uint8Array, row: MeasurementRow, image: ImageReference): Result<Mask, ReasonCode> {
  const file = readPart10(bytes);
  const mask =
    file.ok && row.segmentNumber !== undefined ? segmentMask(file.value.dataSet, row.segmentNumber, image) : undefined;
  return mask ? ok(mask) : fail('read-back-differs');
}
