import { hasValue, textsOf, type JsonAttribute, type JsonAttributes } from '../search/dicom-json-values.js';
import { keyOf } from '../search/levels.js';
import type { InstanceRecord } from './instance-record.js';

export interface SeriesEntry {
  readonly studyInstanceUID: string;
  readonly seriesInstanceUID: string;
  /** Ascending by SOP Instance UID. */
  readonly instances: readonly InstanceRecord[];
  /** Indexed series attributes, as most of the instances have them. */
  readonly attributes: JsonAttributes;
}

export interface StudyEntry {
  readonly studyInstanceUID: string;
  /** Ascending by Series Instance UID. */
  readonly series: readonly SeriesEntry[];
  readonly attributes: JsonAttributes;
  readonly modalities: readonly string[];
  readonly sopClasses: readonly string[];
  readonly instanceCount: number;
}

/**
 * Studies, series and instances in memory, always in ascending order of their UIDs, whatever the order in which they came. A SOP Instance UID is
 * there once. Answers are snapshots: what is added later does not change a list that was given out.
 */
export class Catalogue {
  readonly #studies = new Map<string, Study>();
  readonly #instances = new Map<string, InstanceRecord>();
  #sorted: readonly Study[] | undefined;

  /** False, and nothing changed, when the SOP Instance UID is known already. */
  add(record: InstanceRecord): boolean {
    if (this.#instances.has(record.sopInstanceUID)) return false;
    this.#instances.set(record.sopInstanceUID, record);
    let study = this.#studies.get(record.studyInstanceUID);
    if (!study) {
      study = new Study(record.studyInstanceUID);
      this.#studies.set(record.studyInstanceUID, study);
      this.#sorted = undefined;
    }
    study.add(record);
    return true;
  }

  get studies(): readonly StudyEntry[] {
    return (this.#sorted ??= ascending(this.#studies));
  }

  study(studyInstanceUID: string): StudyEntry | undefined {
    return this.#studies.get(studyInstanceUID);
  }

  series(studyInstanceUID: string, seriesInstanceUID: string): SeriesEntry | undefined {
    return this.#studies.get(studyInstanceUID)?.seriesOf(seriesInstanceUID);
  }

  instance(sopInstanceUID: string): InstanceRecord | undefined {
    return this.#instances.get(sopInstanceUID);
  }

  get size(): number {
    return this.#instances.size;
  }
}

class Study implements StudyEntry {
  readonly #series = new Map<string, Series>();
  #sorted: readonly Series[] | undefined;
  #attributes: JsonAttributes | undefined;
  #modalities: readonly string[] | undefined;
  #sopClasses: readonly string[] | undefined;
  #instanceCount = 0;

  constructor(readonly studyInstanceUID: string) {}

  add(record: InstanceRecord): void {
    let series = this.#series.get(record.seriesInstanceUID);
    if (!series) {
      series = new Series(record.studyInstanceUID, record.seriesInstanceUID);
      this.#series.set(record.seriesInstanceUID, series);
      this.#sorted = undefined;
    }
    series.add(record);
    this.#attributes = this.#modalities = this.#sopClasses = undefined;
    this.#instanceCount++;
  }

  seriesOf(seriesInstanceUID: string): Series | undefined {
    return this.#series.get(seriesInstanceUID);
  }

  get series(): readonly Series[] {
    return (this.#sorted ??= ascending(this.#series));
  }

  get attributes(): JsonAttributes {
    return (this.#attributes ??= prevailing(
      this.series.flatMap((series) => series.instances).map((record) => record.study),
    ));
  }

  get modalities(): readonly string[] {
    return (this.#modalities ??= distinct(this.series.map((series) => textsOf(series.attributes[MODALITY])[0] ?? '')));
  }

  get sopClasses(): readonly string[] {
    return (this.#sopClasses ??= distinct(
      this.series.flatMap((series) => series.instances.map((record) => record.sopClassUID)),
    ));
  }

  get instanceCount(): number {
    return this.#instanceCount;
  }
}

class Series implements SeriesEntry {
  readonly #instances = new Map<string, InstanceRecord>();
  #sorted: readonly InstanceRecord[] | undefined;
  #attributes: JsonAttributes | undefined;

  constructor(
    readonly studyInstanceUID: string,
    readonly seriesInstanceUID: string,
  ) {}

  add(record: InstanceRecord): void {
    this.#instances.set(record.sopInstanceUID, record);
    this.#sorted = undefined;
    this.#attributes = undefined;
  }

  get instances(): readonly InstanceRecord[] {
    return (this.#sorted ??= ascending(this.#instances));
  }

  get attributes(): JsonAttributes {
    return (this.#attributes ??= prevailing(this.instances.map((record) => record.series)));
  }
}

const MODALITY = keyOf('Modality');

const distinct = (texts: readonly string[]): readonly string[] =>
  [...new Set(texts)].filter((text) => text !== '').sort();

const ascending = <T>(byUid: ReadonlyMap<string, T>): readonly T[] =>
  [...byUid].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry);

/**
 * What instances say of the study or series they belong to, where they do not all say the same: the set that most of them have (of equals, that of
 * the lower UID) counts, and another one only for attributes that it leaves empty. One report under another name does not rename a study.
 */
function prevailing(shared: readonly JsonAttributes[]): JsonAttributes {
  const counts = new Map<JsonAttributes, number>();
  for (const attributes of shared) counts.set(attributes, (counts.get(attributes) ?? 0) + 1);
  const merged: Record<string, JsonAttribute> = {};
  for (const [attributes] of [...counts].sort(([, a], [, b]) => b - a))
    for (const [key, attribute] of Object.entries(attributes)) if (!hasValue(merged[key])) merged[key] = attribute;
  return merged;
}
