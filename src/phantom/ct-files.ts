import { SOP_CLASS } from '../domain/index.js';
import type { Identity } from './identity.js';
import { part10File } from './part10-file.js';
import type { PhantomSlice } from './slices.js';

/** The CT image of one slice (PS3.3 A.3). */
export function ctFile(slice: PhantomSlice, index: number, identity: Identity): Uint8Array {
  const { plane } = slice;
  return part10File({
    ...identity.patientAndStudy,
    SOPClassUID: SOP_CLASS.CTImage,
    SOPInstanceUID: identity.imageUID(index),
    ImageType: ['ORIGINAL', 'PRIMARY', 'AXIAL'],
    SeriesDate: identity.date,
    AcquisitionDate: identity.date,
    ContentDate: identity.date,
    SeriesTime: identity.time,
    AcquisitionTime: identity.time,
    ContentTime: identity.time,
    Modality: 'CT',
    Manufacturer: 'Caliper',
    ManufacturerModelName: 'Phantom',
    SoftwareVersions: '1',
    SeriesDescription: 'Trunk phantom 5.0 mm',
    BodyPartExamined: 'CHEST',
    SliceThickness: 5,
    KVP: 120,
    DataCollectionDiameter: 360,
    ConvolutionKernel: 'PHANTOM',
    PatientPosition: 'HFS',
    SeriesInstanceUID: identity.seriesUID,
    SeriesNumber: 2,
    AcquisitionNumber: 1,
    InstanceNumber: index + 1,
    ImagePositionPatient: [decimal(plane.position.x), decimal(plane.position.y), decimal(plane.position.z)],
    ImageOrientationPatient: [1, 0, 0, 0, 1, 0],
    FrameOfReferenceUID: identity.frameOfReferenceUID,
    PositionReferenceIndicator: '',
    SliceLocation: decimal(slice.zMm),
    SamplesPerPixel: 1,
    PhotometricInterpretation: 'MONOCHROME2',
    Rows: plane.rows,
    Columns: plane.columns,
    PixelSpacing: [plane.spacing.betweenRows, plane.spacing.betweenColumns],
    BitsAllocated: 16,
    BitsStored: 16,
    HighBit: 15,
    PixelRepresentation: 1,
    BurnedInAnnotation: 'NO',
    LossyImageCompression: '00',
    WindowCenter: 40,
    WindowWidth: 400,
    RescaleIntercept: 0,
    RescaleSlope: 1,
    RescaleType: 'HU',
    PixelData: [littleEndian(slice.hu)],
    _vrMap: { PixelData: 'OW' },
  });
}

/** DS holds 16 characters: positions to a micrometre. */
const decimal = (value: number): number => Math.round(value * 1000) / 1000;

function littleEndian(values: Int16Array): ArrayBuffer {
  const bytes = new ArrayBuffer(values.length * 2);
  const view = new DataView(bytes);
  for (let i = 0; i < values.length; i++) view.setInt16(2 * i, values[i]!, true);
  return bytes;
}
