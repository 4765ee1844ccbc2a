import { TAG, type Tag } from '../../../src/domain/index.js';
import { explicit, file, item, SEQUENCE_DELIMITATION, SYNTAX, UNDEFINED } from '../part10/hand-made.js';

export type Value = readonly [vr: string, value: string | number | readonly Values[] | Uint8Array];
export type Values = ReadonlyMap<Tag, Value>;

/** A CT slice of 2 rows and 3 columns, 16 bits, as PS3.3 A.3 has it; `pixels` are its words. */
export const slice = (
  pixels: readonly number[],
  changed: readonly (readonly [Tag, Value | undefined])[] = [],
): Values => {
  const values = new Map<Tag, Value>([
    [TAG.ImageType, ['CS', 'ORIGINAL\\PRIMARY\\AXIAL']],
    [TAG.SOPClassUID, ['UI', '1.2.840.10008.5.1.4.1.1.2']],
    [TAG.SOPInstanceUID, ['UI', '2.25.1']],
    [TAG.Modality, ['CS', 'CT']],
    [TAG.ImagePositionPatient, ['DS', '-10\\-20\\30.5']],
    [TAG.ImageOrientationPatient, ['DS', '1\\0\\0\\0\\1\\0']],
    [TAG.FrameOfReferenceUID, ['UI', '2.25.2']],
    [TAG.SamplesPerPixel, ['US', 1]],
    [TAG.PhotometricInterpretation, ['CS', 'MONOCHROME2']],
    [TAG.Rows, ['US', 2]],
    [TAG.Columns, ['US', 3]],
    [TAG.PixelSpacing, ['DS', '0.8\\0.7']],
    [TAG.BitsAllocated, ['US', 16]],
    [TAG.BitsStored, ['US', 16]],
    [TAG.HighBit, ['US', 15]],
    [TAG.PixelRepresentation, ['US', 1]],
    [TAG.RescaleIntercept, ['DS', '0']],
    [TAG.RescaleSlope, ['DS', '1']],
    [TAG.PixelData, ['OW', words(pixels)]],
  ]);
  for (const [tag, value] of changed)
    if (value === undefined) values.delete(tag);
    else values.set(tag, value);
  return values;
};

export function words(values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 2);
  values.forEach((value, i) => bytes.writeUInt16LE(value & 0xffff, 2 * i));
  return bytes;
}

/** The file in Explicit VR Little Endian, or the bytes of the data set under another name. */
export const fileOf = (values: Values, transferSyntaxUID: string = SYNTAX.explicit): Buffer =>
  file(transferSyntaxUID, encoded(values));

function encoded(values: Values): Buffer {
  const tags = [...values.keys()].sort((a, b) => a - b);
  return Buffer.concat(tags.map((tag) => element(tag, values.get(tag)!)));
}

function element(tag: Tag, [vr, value]: Value): Buffer {
  if (typeof value === 'number') return explicit(tag, vr, words([value]));
  if (typeof value === 'string')
    return explicit(tag, vr, value.length % 2 === 0 ? value : `${value}${vr === 'UI' ? '\0' : ' '}`);
  if (value instanceof Uint8Array) return explicit(tag, vr, value);
  const items = value.map((values) => item(encoded(values)));
  return Buffer.concat([explicit(tag, 'SQ', '', { length: UNDEFINED }), ...items, SEQUENCE_DELIMITATION]);
}
