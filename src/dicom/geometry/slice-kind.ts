import { normalOf, TAG, type DataSet, type ImagePlane } from '../../domain/index.js';
import { functionalGroup } from './functional-groups.js';

/** A CT gantry tilts by up to 30 degrees; what is tilted more is a reformat. */
const STEEPEST_AXIAL_DEGREES = 35;

/** Whether the slice lies across the body, whichever way its rows and columns run. */
export const isAxial = (plane: ImagePlane): boolean =>
  Math.abs(normalOf(plane)[2]) >= Math.cos((STEEPEST_AXIAL_DEGREES * Math.PI) / 180);

/** The values of ImageType, or of the frame's FrameType where frames have their own (PS3.3 C.8.15.3.8). */
export function imageTypeOf(header: DataSet, frame: number | undefined): readonly string[] {
  const group = frame === undefined ? undefined : functionalGroup(header, frame, TAG.CTImageFrameTypeSequence);
  const ofFrame = group?.texts(TAG.FrameType) ?? [];
  return ofFrame.length > 0 ? ofFrame : header.texts(TAG.ImageType);
}

/** A projection for planning, not a slice (PS3.3 C.8.2.1.1.1). Of a multi-frame image a frame may be asked, counted from 1. */
export const isLocalizer = (header: DataSet, frame?: number): boolean =>
  imageTypeOf(header, frame).some((value) => value.toUpperCase() === 'LOCALIZER');
