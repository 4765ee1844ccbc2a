import { TAG, type DataSet, type Tag } from '../../domain/index.js';
import type { Element } from '../../dicom/index.js';
import { elementsOf, sequence } from '../../dicom/index.js';
import type { InstanceReference } from '../../dicom/index.js';

/** An instance with the study and series it lies in. */
export interface LocatedInstance extends InstanceReference {
  readonly seriesInstanceUID: string;
  readonly studyInstanceUID: string;
}

/** An object of ours, as others refer to it. */
export const instanceOf = (dataSet: DataSet): LocatedInstance => ({
  sopClassUID: required(dataSet, TAG.SOPClassUID),
  sopInstanceUID: required(dataSet, TAG.SOPInstanceUID),
  seriesInstanceUID: required(dataSet, TAG.SeriesInstanceUID),
  studyInstanceUID: required(dataSet, TAG.StudyInstanceUID),
});

/** A value that we always write. */
export function required(dataSet: DataSet, tag: Tag): string {
  const value = dataSet.text(tag);
  if (value === undefined) throw new Error('an object of ours without an attribute that we write');
  return value;
}

/** Hierarchical references (PS3.3 C.17.2.1): each instance once, under its study and series, in the order in which they come. */
export function evidence(instances: readonly LocatedInstance[]): Element {
  const studies = new Map<string, Map<string, Map<string, InstanceReference>>>();
  for (const { studyInstanceUID, seriesInstanceUID, sopClassUID, sopInstanceUID } of instances) {
    const study = entry(studies, studyInstanceUID, () => new Map<string, Map<string, InstanceReference>>());
    const series = entry(study, seriesInstanceUID, () => new Map<string, InstanceReference>());
    series.set(sopInstanceUID, { sopClassUID, sopInstanceUID });
  }
  return sequence(
    ...[...studies].map(([studyInstanceUID, ofStudy]) =>
      elementsOf([
        [
          TAG.ReferencedSeriesSequence,
          sequence(
            ...[...ofStudy].map(([seriesInstanceUID, ofSeries]) =>
              elementsOf([
                [
                  TAG.ReferencedSOPSequence,
                  sequence(
                    ...[...ofSeries.values()].map((instance) =>
                      elementsOf([
                        [TAG.ReferencedSOPClassUID, instance.sopClassUID],
                        [TAG.ReferencedSOPInstanceUID, instance.sopInstanceUID],
                      ]),
                    ),
                  ),
                ],
                [TAG.SeriesInstanceUID, seriesInstanceUID],
              ]),
            ),
          ),
        ],
        [TAG.StudyInstanceUID, studyInstanceUID],
      ]),
    ),
  );
}

function entry<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const value = map.get(key) ?? make();
  map.set(key, value);
  return value;
}
