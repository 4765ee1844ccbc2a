/** The DICOM JSON Model (PS3.18 annex F): tags as eight hexadecimal digits in upper case. */
export interface DicomJsonDataSet {
  [tag: string]: DicomJsonElement;
}

export interface DicomJsonElement {
  vr: string;
  Value?: DicomJsonValue[];
  /** base64, little endian */
  InlineBinary?: string;
  BulkDataURI?: string;
}

export interface DicomJsonPersonName {
  Alphabetic?: string;
  Ideographic?: string;
  Phonetic?: string;
}

/** `null` stands for an empty value among others. */
export type DicomJsonValue = string | number | null | DicomJsonPersonName | DicomJsonDataSet;

export const tagKey = (tag: number): string => (tag >>> 0).toString(16).toUpperCase().padStart(8, '0');
