import dcmjs from 'dcmjs';
import type { Natural } from './altered-phantom.js';
import { list } from './other-reports.js';

/** What an object of ours says, read by dcmjs. */
export interface Told {
  readonly kind: 'SEG' | 'SR' | 'KO';
  readonly sop: string;
  readonly sopClass: string;
  readonly series: string;
  readonly bytes: Uint8Array;
  readonly dataSet: Natural;
}

const KINDS: ReadonlySet<string> = new Set(['SEG', 'SR', 'KO']);

/** The objects of ours among the files of an archive. */
export function ownAmong(files: readonly Uint8Array[]): readonly Told[] {
  return files.flatMap((bytes): Told[] => {
    const { dict } = dcmjs.data.DicomMessage.readFile(
      bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer,
    );
    const dataSet = dcmjs.data.DicomMetaDictionary.naturalizeDataset(dict) as Natural;
    if (dataSet['Manufacturer'] !== 'Caliper' || !KINDS.has(String(dataSet['Modality']))) return [];
    return [
      {
        kind: String(dataSet['Modality']) as Told['kind'],
        sop: String(dataSet['SOPInstanceUID']),
        sopClass: String(dataSet['SOPClassUID']),
        series: String(dataSet['SeriesInstanceUID']),
        bytes,
        dataSet,
      },
    ];
  });
}

/** How many there are of each kind. */
export const countsOf = (files: readonly Uint8Array[]): Readonly<Record<Told['kind'], number>> => {
  const counts = { SEG: 0, SR: 0, KO: 0 };
  for (const { kind } of ownAmong(files)) counts[kind]++;
  return counts;
};

/** UIDs that a document lists as its evidence. */
export const evidenceOf = ({ dataSet }: Told): readonly string[] =>
  list(dataSet['CurrentRequestedProcedureEvidenceSequence']).flatMap(instancesOf);

export const predecessorsOf = ({ dataSet }: Told): readonly string[] =>
  list(dataSet['PredecessorDocumentsSequence']).flatMap(instancesOf);

const instancesOf = (study: Natural): readonly string[] =>
  list(study['ReferencedSeriesSequence'])
    .flatMap((series) => list(series['ReferencedSOPSequence']))
    .map((reference) => String(reference['ReferencedSOPInstanceUID']));

export const descriptionsOf = ({ dataSet }: Told): readonly string[] =>
  list(dataSet['SegmentSequence']).map((segment) => String(segment['SegmentDescription']));

/** Report titles and rejection titles by their code. */
export const titleOf = ({ dataSet }: Told): string =>
  String(list(dataSet['ConceptNameCodeSequence'])[0]?.['CodeValue']);
