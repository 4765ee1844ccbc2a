import { readPart10 } from '../dicom/index.js';
import {
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
} from '../domain/index.js';
import type { MeasurementRow, ReportStory } from '../ledger/index.js';
import { segmentMask } from '../seg-writer/index.js';
import { readReport } from '../sr-parser/index.js';
import { fetchReport, fetchSlices, sliceAmong } from './fetch.js';
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
}

/**
 * Fetches again what a report's lesions look like: pixels are never kept here. A stored contour is decoded from the stored object, so that the
 * page shows what other readers get; a held one is computed again.
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
  const fetched = await fetchReport(source.archive, sighting, story.report.sopInstanceUID);
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
      row.seg === undefined ? ok(computed?.mask) : await storedMask(row, located.slice.reference, story, world);
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
        measuredMm: sameMask ? { long: computed.axes.longAxisMm, short: computed.axes.shortAxisMm } : undefined,
      }),
    );
  }
  return views;
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

function maskIn(bytes: Uint8Array, row: MeasurementRow, image: ImageReference): Result<Mask, ReasonCode> {
  const file = readPart10(bytes);
  const mask =
    file.ok && row.segmentNumber !== undefined ? segmentMask(file.value.dataSet, row.segmentNumber, image) : undefined;
  return mask ? ok(mask) : fail('read-back-differs');
}
