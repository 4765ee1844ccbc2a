import { TAG, type Tag } from '../../domain/index.js';
import type { Element, Elements } from '../../dicom/index.js';
import { elementsOf, sequence } from '../../dicom/index.js';
import type { PlannedObject } from './planned-object.js';

/** DimensionOrganizationSequence (PS3.3 C.7.6.17). */
export const dimensionOrganization = ({ uids }: PlannedObject): Element =>
  sequence(elementsOf([[TAG.DimensionOrganizationUID, uids.dimensionOrganizationUID]]));

/** DimensionIndexSequence: segment first, then position, as DimensionIndexValues of the frames count them. A label map has all segments in each frame. */
export const dimensionIndices = ({ uids, type }: PlannedObject): Element => {
  const index = (pointer: Tag, group: Tag, label: string): Elements =>
    elementsOf([
      [TAG.DimensionOrganizationUID, uids.dimensionOrganizationUID],
      [TAG.DimensionIndexPointer, pointer],
      [TAG.FunctionalGroupPointer, group],
      [TAG.DimensionDescriptionLabel, label],
    ]);
  return sequence(
    ...(type === 'labelmap' ? [] : [index(TAG.ReferencedSegmentNumber, TAG.SegmentIdentificationSequence, 'Segment')]),
    index(TAG.ImagePositionPatient, TAG.PlanePositionSequence, 'Position'),
  );
};
