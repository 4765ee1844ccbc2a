import dcmjs from 'dcmjs';

const { DicomDict, DicomMetaDictionary } = dcmjs.data;
const EXPLICIT_VR_LITTLE_ENDIAN = '1.2.840.10008.1.2.1';

/** A data set by keywords, as dcmjs calls it: scalars, arrays, sequences as arrays of the same; `_vrMap` says VRs that the dictionary leaves open. */
export type NaturalDataSet = { readonly [keyword: string]: NaturalValue };
type NaturalValue = string | number | ArrayBuffer | readonly NaturalValue[] | NaturalDataSet;

/** A Part 10 file written by dcmjs: what reads the phantom's files elsewhere in the house shares no code with what wrote them. */
export function part10File(dataSet: NaturalDataSet): Uint8Array {
  const file = new DicomDict(
    DicomMetaDictionary.denaturalizeDataset({
      FileMetaInformationVersion: new Uint8Array([0, 1]).buffer,
      MediaStorageSOPClassUID: dataSet['SOPClassUID'],
      MediaStorageSOPInstanceUID: dataSet['SOPInstanceUID'],
      TransferSyntaxUID: EXPLICIT_VR_LITTLE_ENDIAN,
      ImplementationClassUID: '2.25.80302813137786398554742050926734630921603366648225212145404',
      ImplementationVersionName: 'CALIPER_PHANTOM',
    }),
  );
  file.dict = DicomMetaDictionary.denaturalizeDataset(dataSet);
  return new Uint8Array(file.write());
}
