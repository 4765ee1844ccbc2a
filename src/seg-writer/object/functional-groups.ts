import { TAG, type Tag } from '../../domain/index.js';
import type { Element, Elements } from '../../dicom/index.js';
import { decimalString, elementOf, elementsOf, sequence } from '../../dicom/index.js';
import type { PlannedFrame, PlannedObject } from './planned-object.js';
import { derivationImage } from './references.js';

/** Slice thickness where neither the source nor its series tells one: type 1C here, so something must stand. */
const UNKNOWN_THICKNESS_MM = 1;

/** What a source without a thickness gets instead, and how that is said. */
export type ThicknessOrigin = 'source' | 'step' | 'unknown';

export function thicknessOriginOf({ sources, spacingBetweenSlicesMm }: PlannedObject): ThicknessOrigin {
  if (sources[0]!.sliceThickness) return 'source';
  return spacingBetweenSlicesMm === undefined ? 'unknown' : 'step';
}

/**
 * SharedFunctionalGroupsSequence: pixel measures and orientation stand here and never per frame, which two of the field's readers refuse.
 * SpacingBetweenSlices is written whenever it is known, also where it equals the thickness: one reader takes the thickness for it.
 */
export function sharedFunctionalGroups(object: PlannedObject): Element {
  const source = object.sources[0]!;
  const step = object.spacingBetweenSlicesMm;
  const stepElement =
    step === undefined ? undefined : elementOf(TAG.SpacingBetweenSlices, decimalString(rounded(step)));
  return sequence(
    elementsOf([
      [
        TAG.PixelMeasuresSequence,
        sequence(
          elementsOf([
            [
              TAG.SliceThickness,
              source.sliceThickness ?? decimalString(step === undefined ? UNKNOWN_THICKNESS_MM : rounded(step)),
            ],
            [TAG.SpacingBetweenSlices, stepElement],
            [TAG.PixelSpacing, source.pixelSpacing],
          ]),
        ),
      ],
      [TAG.PlaneOrientationSequence, sequence(elementsOf([[TAG.ImageOrientationPatient, source.orientation]]))],
    ]),
  );
}

/** PerFrameFunctionalGroupsSequence. */
export function perFrameFunctionalGroups({ frames }: PlannedObject): Element {
  const identifications = new Map<number, Element>();
  const identificationOf = (segmentNumber: number): Element => {
    const known = identifications.get(segmentNumber);
    if (known) return known;
    const made = { ...sequence(elementsOf([[TAG.ReferencedSegmentNumber, segmentNumber]])), shared: true } as const;
    identifications.set(segmentNumber, made);
    return made;
  };
  return { vr: 'SQ', items: frames.map((frame) => frameItem(frame, identificationOf)) };
}

/** Elements one by one, not by a table: there may be a thousand frames. */
function frameItem(
  { segmentNumber, positionRank, source }: PlannedFrame,
  identificationOf: (segmentNumber: number) => Element,
): Elements {
  const rank = segmentNumber === undefined ? [positionRank] : [segmentNumber, positionRank];
  const item = new Map<Tag, Element>();
  item.set(TAG.FrameContentSequence, withOne(TAG.DimensionIndexValues, elementOf(TAG.DimensionIndexValues, rank)));
  item.set(TAG.PlanePositionSequence, withOne(TAG.ImagePositionPatient, source.position));
  if (segmentNumber !== undefined) item.set(TAG.SegmentIdentificationSequence, identificationOf(segmentNumber));
  item.set(TAG.DerivationImageSequence, derivationImage(source));
  return item;
}

const withOne = (tag: Tag, element: Element): Element => sequence(new Map<Tag, Element>().set(tag, element));

/** A distance of slices computed from positions, without the noise of their subtraction. */
const rounded = (millimetres: number): number => Math.round(millimetres * 1e6) / 1e6;
