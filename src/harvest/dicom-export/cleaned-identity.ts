import { code, type CodedConcept, type Tag } from '../../domain/index.js';
import { codeSequence, elementsOf, sequence, tagOf, type Content, type Elements } from '../../dicom/index.js';
import type { AssembledRow } from '../assemble.js';
import type { Pseudonyms } from '../pseudonyms.js';

/** An attribute by its keyword and what it holds. */
export type Attributes = Readonly<Record<string, Content>>;

export const attributes = (table: Attributes): Elements =>
  elementsOf(Object.entries(table).map(([keyword, content]): readonly [Tag, Content] => [known(keyword), content]));

function known(keyword: string): Tag {
  const tag = tagOf(keyword);
  if (tag === undefined) throw new Error(`${keyword} is not in the dictionary`);
  return tag;
}

/** A UID under the site's key: the same thing gets the same one in every set, and nobody else can tell what it stood for (PS3.5 B.2). */
export const cleanedUid = (names: Pseudonyms, what: string, pseudonym: string): string =>
  `2.25.${BigInt(`0x${names.of('dicom-uid', `${what}\n${pseudonym}`, 32)}`)}`;

/** PS3.15 annex E, CID 7050: headers are made anew of listed values, which is stricter than the profile's table of what to remove. */
const METHODS: readonly CodedConcept[] = [
  code('113100', 'DCM', 'Basic Application Confidentiality Profile'),
  code('113104', 'DCM', 'Clean Structured Content Option'),
  code('113107', 'DCM', 'Retain Longitudinal Temporal Information Modified Dates Option'),
  code('113108', 'DCM', 'Retain Patient Characteristics Option'),
];
const METHOD_ITEMS = sequence(
  ...METHODS.map((method) => {
    const element = codeSequence(method);
    if (!('items' in element)) throw new Error('a code sequence has an item');
    return element.items[0]!;
  }),
);

/** Patient, study and equipment modules (PS3.3 C.7.1.1, C.7.2.1, C.7.5.1) of what leaves: pseudonyms, numbers, words of ours. */
export function cleanedIdentity({ row, patient, shiftedDate }: AssembledRow, names: Pseudonyms): Attributes {
  return {
    PatientName: `Patient^${patient.pseudonym}`,
    PatientID: patient.pseudonym,
    PatientBirthDate: [],
    PatientSex: row.sex ?? [],
    PatientAge: row.ageYears === null ? undefined : `${String(row.ageYears).padStart(3, '0')}Y`,
    PatientIdentityRemoved: 'YES',
    DeidentificationMethod: METHODS.map((method) => method.meaning.slice(0, 64)),
    DeidentificationMethodCodeSequence: METHOD_ITEMS,
    LongitudinalTemporalInformationModified: 'MODIFIED',
    StudyInstanceUID: cleanedUid(names, 'study', row.image.study),
    StudyDate: shiftedDate ?? [],
    StudyTime: [],
    StudyID: [],
    AccessionNumber: [],
    ReferringPhysicianName: [],
  };
}
