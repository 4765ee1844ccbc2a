import {
  code,
  CT_CLASSES,
  TAG,
  type CodedConcept,
  type DataSet,
  type ReasonCode,
  type SopClassUid,
} from '../domain/index.js';

/**
 * What may leave of an image's header: numbers, and words of these tables. Text of the file is compared with them and never copied, whatever
 * attribute it stands in.
 */
const VENDORS: readonly (readonly [match: string, name: string])[] = [
  ['siemens', 'Siemens'],
  ['ge medical', 'GE'],
  ['ge healthcare', 'GE'],
  ['philips', 'Philips'],
  ['toshiba', 'Canon'],
  ['canon', 'Canon'],
  ['hitachi', 'Fujifilm'],
  ['fujifilm', 'Fujifilm'],
  ['united imaging', 'United Imaging'],
  ['uih', 'United Imaging'],
  ['neusoft', 'Neusoft'],
  ['shimadzu', 'Shimadzu'],
  ['samsung', 'Samsung'],
  ['mindray', 'Mindray'],
];

export function vendorOf(header: DataSet): string {
  const text = (header.text(TAG.Manufacturer) ?? '').toLowerCase();
  return VENDORS.find(([match]) => text.includes(match))?.[1] ?? 'other';
}

export const scannerTextOf = (header: DataSet): string =>
  [TAG.Manufacturer, TAG.ManufacturerModelName, TAG.DeviceSerialNumber].map((t) => header.text(t) ?? '').join('\n');

export function sexOf(header: DataSet): 'M' | 'F' | 'O' | null {
  const sex = header.text(TAG.PatientSex);
  return sex === 'M' || sex === 'F' || sex === 'O' ? sex : null;
}

/** Ages above this are one: with their number they would point to few people (45 CFR 164.514(b)(2)(i)(C)). */
const OLDEST = 90;

/** Whole years: PatientAge, or from birth date and study date. */
export function ageYearsOf(header: DataSet): number | null {
  const age = /^(\d{3})([DWMY])$/.exec(header.text(TAG.PatientAge) ?? '');
  if (age) return Math.min(OLDEST, Math.floor(Number(age[1]) / { D: 365.25, W: 52.18, M: 12, Y: 1 }[age[2] as 'D']));
  const [birth, study] = [header.text(TAG.PatientBirthDate), header.text(TAG.StudyDate)];
  if (!/^\d{8}$/.test(birth ?? '') || !/^\d{8}$/.test(study ?? '')) return null;
  const years = Math.floor((Number(study) - Number(birth)) / 10_000);
  return years >= 0 && years <= 130 ? Math.min(OLDEST, years) : null;
}

/** Low and high end of the first window. */
export function windowOf(header: DataSet): readonly [number, number] | null {
  const [centre, width] = [header.number(TAG.WindowCenter), header.number(TAG.WindowWidth)];
  if (centre === undefined || width === undefined || width < 1) return null;
  return [Math.round(centre - width / 2), Math.round(centre + width / 2)];
}

/** Why an image must not leave as it is; undefined where it may. */
export function heldBack(header: DataSet): ReasonCode | undefined {
  const sopClass = header.text(TAG.SOPClassUID);
  const kinds = header.texts(TAG.ImageType).map((kind) => kind.toUpperCase());
  const isCaptured =
    header.has(TAG.ConversionType) ||
    kinds.some((kind) => /SCREEN ?(SAVE|SHOT|CAPTURE)|SECONDARY CAPTURE|SCANNED/.test(kind));
  if (isCaptured || (sopClass !== undefined && sopClass.startsWith('1.2.840.10008.5.1.4.1.1.7')))
    return 'secondary-capture';
  if (sopClass === undefined || !CT_CLASSES.has(sopClass as SopClassUid)) return 'wrong-modality';
  const saysYes = (tag: (typeof TAG)[keyof typeof TAG]) => header.text(tag)?.toUpperCase() === 'YES';
  return saysYes(TAG.BurnedInAnnotation) || saysYes(TAG.RecognizableVisualFeatures)
    ? 'burned-in-annotation'
    : undefined;
}

/** DeepLesion's coarse types; -1 where none is known. */
const COARSE_TYPES: readonly (readonly [type: number, codes: readonly string[], words: RegExp])[] = [
  [5, ['39607008', 'T-28000', '3341006', '44029006', '181216001'], /\blung|pulmon/],
  [4, ['10200004', 'T-62000'], /\bliver|hepat/],
  [3, ['72410000', 'T-D3300', '62683002'], /mediastin/],
  [6, ['64033007', 'T-71000', '9846003', '18639004'], /kidney|\brenal\b/],
  [1, ['272673000', 'T-11000', '90780006', 'T-D0146', '421060004', '51299004'], /\bbone|vertebra|\brib\b/],
  [8, ['12921003', 'T-D6000'], /pelvi/],
  [7, ['87784001', 'T-1A300', '181607009'], /soft tissue|\bmuscle/],
  [
    2,
    [
      '818981001',
      '818983003',
      '113345001',
      'T-D4000',
      '15776009',
      'T-65000',
      '78961009',
      'T-C3000',
      '23451007',
      'T-B3000',
    ],
    /abdom|spleen|pancrea|adrenal/,
  ],
];

export function coarseTypeOf(site: CodedConcept | undefined): number {
  if (!site) return -1;
  const meaning = site.meaning.toLowerCase();
  const found =
    COARSE_TYPES.find(([, codes]) => codes.includes(site.value)) ??
    COARSE_TYPES.find(([, , words]) => words.test(meaning));
  return found?.[0] ?? -1;
}

export const COARSE_TYPE_NAMES: Readonly<Record<number, string>> = {
  [-1]: 'not told',
  1: 'bone',
  2: 'abdomen',
  3: 'mediastinum',
  4: 'liver',
  5: 'lung',
  6: 'kidney',
  7: 'soft tissue',
  8: 'pelvis',
};

const FINDING_NAMES: readonly (readonly [name: string, codes: readonly string[], words: RegExp])[] = [
  ['lymph node', ['30746006', '59441001', '69131000', 'T-C4000'], /lymph/],
  ['nodule', ['27925004', 'M-03010'], /nodul/],
  ['mass', ['4147007', 'M-03000'], /\bmass/],
  ['lesion', ['52988006', 'M-01000', '52988006'], /lesion/],
  ['tumour', ['108369006', '126537000'], /tumou?r|neoplas/],
];

/** The concept (SNOMED CT) that stands for a finding of our table. */
export const findingConceptOf = (name: string): CodedConcept | undefined => FINDING_CONCEPTS[name];

const FINDING_CONCEPTS: Readonly<Record<string, CodedConcept>> = {
  'lymph node': code('30746006', 'SCT', 'Lymphadenopathy'),
  nodule: code('27925004', 'SCT', 'Nodule'),
  mass: code('4147007', 'SCT', 'Mass'),
  lesion: code('52988006', 'SCT', 'Lesion'),
  tumour: code('108369006', 'SCT', 'Neoplasm'),
};

/** The concept (SNOMED CT) that stands for a coarse type; undefined where none is known. */
export const siteConceptOf = (coarseType: number): CodedConcept | undefined => SITE_CONCEPTS[coarseType];

const SITE_CONCEPTS: Readonly<Record<number, CodedConcept>> = {
  1: code('272673000', 'SCT', 'Bone'),
  2: code('818981001', 'SCT', 'Abdomen'),
  3: code('72410000', 'SCT', 'Mediastinum'),
  4: code('10200004', 'SCT', 'Liver'),
  5: code('39607008', 'SCT', 'Lung'),
  6: code('64033007', 'SCT', 'Kidney'),
  7: code('87784001', 'SCT', 'Soft tissue'),
  8: code('12921003', 'SCT', 'Pelvis'),
};

/** A word of our own for the finding; null where it is none of ours. */
export function findingNameOf(finding: CodedConcept | undefined): string | null {
  if (!finding) return null;
  const meaning = finding.meaning.toLowerCase();
  const found =
    FINDING_NAMES.find(([, codes]) => codes.includes(finding.value)) ??
    FINDING_NAMES.find(([, , words]) => words.test(meaning));
  return found?.[0] ?? null;
}
