import type { Network } from '../segmentation/index.js';
import { probabilityOnSlice } from '../segmentation/index.js';
import type { ImagePlane, Measurement, MeasurementKey } from '../domain/index.js';
import type { ReadReport, SegmentationObject, SegmentedLesion, SeriesInstanceUid } from '../domain/index.js';
import {
  writeSegmentations,
  type LesionSlice,
  type Refusal,
  type ReplacedSegment,
  type SegmentationRequest,
  type SegmentationType,
} from '../seg-writer/index.js';
import { hasOtherMarks, workOf, type SegmentationOrigin, type Segmented } from './lesion-work.js';
import { taskOf } from './segment.js';
import type { OwnSegment } from './own-objects.js';
import type { Destination, Installation } from './world.js';

/** An object and where it goes. */
export interface ObjectToDeliver {
  readonly object: SegmentationObject;
  readonly destinations: readonly string[];
}

type RefusedLesion = Refusal & { readonly measurementKey: MeasurementKey };

export interface WrittenReport {
  readonly objects: readonly ObjectToDeliver[];
  /** Lesions that every destination of their rule already holds, those that one holds damaged, and those that a note rejects. */
  readonly already: readonly { readonly measurement: Measurement; readonly segment: OwnSegment }[];
  readonly refused: readonly RefusedLesion[];
}

export interface WriteRequest {
  readonly report: ReadReport;
  readonly toStore: readonly Segmented[];
  /** Segments of ours by destination. */
  readonly existing: ReadonlyMap<string, readonly OwnSegment[]>;
  /** Which segments of a lesion, drawn from the marks that it has, make another one needless: any of its measurement, or only those of the same work. */
  readonly existingIs: 'any' | 'same-work';
  readonly destinations: ReadonlyMap<string, Destination>;
  readonly seriesPlanes: ReadonlyMap<SeriesInstanceUid, readonly ImagePlane[]>;
  readonly replaces: ReadonlyMap<MeasurementKey, ReplacedSegment>;
  readonly installation: Installation;
  readonly createdAt: Date;
  readonly origin: SegmentationOrigin;
  /** The network that drew; undefined where none did. */
  readonly network: Network | undefined;
}

interface Group {
  readonly destinations: readonly string[];
  readonly policyName: string;
  readonly form: SegmentationType;
  readonly lesions: Segmented[];
}

/**
 * Writes the objects of a report's lesions. Lesions of a rule go to the destinations of that rule that do not hold them yet; lesions that go to
 * the same places in the same form share objects.
 */
export function writeReport(request: WriteRequest): WrittenReport {
  const { report, toStore, existing } = request;
  const already: { measurement: Measurement; segment: OwnSegment }[] = [];
  const groups = new Map<string, Group>();
  for (const segmented of toStore) {
    const { measurement, rule } = segmented;
    const held = rule.storeTo.map((name) => ({
      name,
      segment: segmentOf(existing.get(name) ?? [], segmented, request),
    }));
    const missing = held.filter((h) => !h.segment).map((h) => h.name);
    const speaking = speakingOf(held.map((h) => h.segment));
    if (speaking) {
      already.push({ measurement, segment: speaking });
      continue;
    }
    for (const [form, destinations] of byForm(missing, segmented, request)) {
      const key = JSON.stringify([rule.name, form, destinations]);
      const group = groups.get(key) ?? { destinations, policyName: rule.name, form, lesions: [] };
      group.lesions.push(segmented);
      groups.set(key, group);
    }
  }
  const objects: ObjectToDeliver[] = [];
  const refused: RefusedLesion[] = [];
  for (const { destinations, policyName, form, lesions } of groups.values()) {
    const written = writeSegmentations({
      report,
      lesions: lesions.map(({ lesion }) => lesion),
      equipment: equipmentOf(request.installation),
      createdAt: request.createdAt,
      policyName,
      seriesPlanes: request.seriesPlanes,
      segmentationType: form,
      slicesOf: slicesOf(lesions, form, request.network),
      replaces: request.replaces,
      ...request.origin,
    });
    objects.push(...written.objects.map((object) => ({ object, destinations })));
    refused.push(...written.refused);
  }
  return { objects, already, refused };
}

export const equipmentOf = ({ id, softwareVersion }: Installation): SegmentationRequest['equipment'] => ({
  installationId: id,
  softwareVersion,
});

/**
 * Destinations by the form that they get. A lesion that the network did not draw has no probability: it is written as BINARY also where FRACTIONAL is
 * asked for, in an object of its own.
 */
function byForm(
  names: readonly string[],
  segmented: Segmented,
  { destinations, network }: WriteRequest,
): ReadonlyMap<SegmentationType, readonly string[]> {
  const forms = new Map<SegmentationType, string[]>();
  for (const name of names) {
    const asked = destinations.get(name)?.segmentation ?? 'binary';
    const form = asked === 'fractional' && !(network && probabilityOf(segmented)) ? 'binary' : asked;
    forms.set(form, [...(forms.get(form) ?? []), name]);
  }
  return forms;
}

/** Of the patch; undefined where the mask is none of the network's. */
const probabilityOf = ({ lesion, probability }: Segmented): Float32Array | undefined =>
  lesion.method === 'cosegmentation' ? probability : undefined;

function slicesOf(
  lesions: readonly Segmented[],
  form: SegmentationType,
  network: Network | undefined,
): ReadonlyMap<MeasurementKey, readonly LesionSlice[]> {
  return new Map(
    lesions.flatMap((segmented): [MeasurementKey, readonly LesionSlice[]][] => {
      const { measurement, lesion, volume } = segmented;
      const probability = probabilityOf(segmented);
      if (form === 'fractional' && probability && network)
        return [[measurement.key, [withProbability(lesion, network, probability)]]];
      return volume ? [[measurement.key, volume.slices]] : [];
    }),
  );
}

function withProbability(lesion: SegmentedLesion, network: Network, ofPatch: Float32Array): LesionSlice {
  const probability = probabilityOnSlice(taskOf(lesion.located, lesion.method), network, ofPatch);
  if (!probability.ok) throw new Error('a lesion that was drawn and cannot be placed');
  return { slice: lesion.located.slice, mask: lesion.mask, probability: probability.value };
}

/** What a note does not reject comes first: a replacement stands beside what it replaced. */
function segmentOf(own: readonly OwnSegment[], segmented: Segmented, request: WriteRequest): OwnSegment | undefined {
  const ofLesion = own.filter(
    (s) =>
      s.report === request.report.sopInstanceUID &&
      s.measurementKey === segmented.measurement.key &&
      !hasOtherMarks(s, segmented.measurement) &&
      (request.existingIs === 'any' || s.workKey === workOf(segmented, request)),
  );
  return ofLesion.find((s) => s.standing !== 'rejected') ?? ofLesion[0];
}

/**
 * The segment that decides what becomes of its lesion, if one does. A damaged one anywhere is for a person to see, before more of the lesion is
 * stored; a lesion that a note rejected somewhere is stored nowhere again.
 */
function speakingOf(held: readonly (OwnSegment | undefined)[]): OwnSegment | undefined {
  const of = (standing: OwnSegment['standing']) => held.find((s) => s?.standing === standing);
  return of('damaged') ?? (held.includes(undefined) ? undefined : of('intact')) ?? of('rejected');
}
