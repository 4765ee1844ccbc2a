import { SOP_CLASS } from '../../domain/index.js';
import { encodePart10 } from '../../dicom/index.js';
import type { AssembledRow } from '../assemble.js';
import type { TakenPlane } from '../entries.js';
import type { Pseudonyms } from '../pseudonyms.js';
import { attributes, cleanedIdentity, cleanedUid } from './cleaned-identity.js';

/** Of the slice with this number in the row's series. */
export const cleanedImageUid = (names: Pseudonyms, { row }: AssembledRow, number: number): string =>
  cleanedUid(names, 'image', `${row.image.folder}/${number}`);

/**
 * A slice as a CT Image (PS3.3 A.3) whose stored values are Hounsfield units. Nothing of the source's header is copied: what the module asks for and
 * the set does not know is empty.
 *
 * @param hu rows x columns, row-major, within 16 bits with sign
 */
export function cleanedImage(
  of: AssembledRow,
  number: number,
  plane: TakenPlane,
  hu: Float32Array,
  names: Pseudonyms,
): Uint8Array {
  const { image, vendor } = of.row;
  return encodePart10(
    attributes({
      ...cleanedIdentity(of, names),
      SOPClassUID: SOP_CLASS.CTImage,
      SOPInstanceUID: cleanedImageUid(names, of, number),
      Modality: 'CT',
      SeriesInstanceUID: cleanedUid(names, 'series', image.series),
      SeriesNumber: 1,
      PatientPosition: [],
      Laterality: [],
      FrameOfReferenceUID: cleanedUid(names, 'frame-of-reference', image.series),
      PositionReferenceIndicator: [],
      Manufacturer: vendor,
      ImageType: ['DERIVED', 'PRIMARY', 'AXIAL'],
      InstanceNumber: number,
      AcquisitionNumber: [],
      ImagePositionPatient: plane.slice(0, 3),
      ImageOrientationPatient: plane.slice(3),
      PixelSpacing: [image.betweenRows, image.betweenColumns],
      SliceThickness: [],
      KVP: [],
      SamplesPerPixel: 1,
      PhotometricInterpretation: 'MONOCHROME2',
      Rows: image.rows,
      Columns: image.columns,
      BitsAllocated: 16,
      BitsStored: 16,
      HighBit: 15,
      PixelRepresentation: 1,
      RescaleIntercept: 0,
      RescaleSlope: 1,
      RescaleType: 'HU',
      ...windowOf(image.window),
      PixelData: { vr: 'OW', bytes: new Uint8Array(Int16Array.from(hu).buffer) },
    }),
  );
}

const windowOf = (window: readonly [number, number] | null) =>
  window === null ? {} : { WindowCenter: (window[0] + window[1]) / 2, WindowWidth: window[1] - window[0] };
