/**
 * Which concept does a code mean? One row a spelling that reports hold, with a witness: a file of the collection of reports that has it.
 * Rows without a witness come from PS3.16 (CID 7470 and the SNOMED mapping) or are plain wordings nobody has shown us yet.
 */
import type { Axis, CodedConcept } from '../domain/index.js';

export type Concept =
  // what a number or a line measures
  | 'long-axis'
  | 'short-axis'
  | 'length'
  | 'diameter'
  | 'not-an-axis'
  // structure
  | 'measurement-group'
  | 'imaging-measurements'
  | 'image-library'
  | 'drawing-help'
  | 'referenced-segment'
  // identity and meaning
  | 'tracking-identifier'
  | 'tracking-unique-identifier'
  | 'lesion-identifier'
  | 'finding'
  | 'finding-site'
  | 'laterality'
  | 'lymph-node'
  | 'no-finding'
  | 'target-lesion'
  | 'non-target-lesion'
  // time points and observers
  | 'time-point'
  | 'subject-time-point-identifier'
  | 'protocol-time-point-identifier'
  | 'time-point-type'
  | 'time-point-order'
  | 'person-observer-name'
  | 'device-observer-uid'
  | 'rejection-note'
  | 'study-instance-uid'
  | 'series-instance-uid'
  | 'device-observer-manufacturer'
  | 'device-observer-model'
  // NCI AIM
  | 'aim-report'
  | 'aim-annotation'
  | 'aim-calculation-result'
  | 'aim-dimension-label'
  | 'aim-geometric-shape'
  | 'measurement-method';

/** How a concept was recognised. `position` is not among them: that is no property of a code. */
export type CodeMatch = Exclude<Axis['match'], 'position'>;

export interface Recognised {
  readonly concept: Concept;
  readonly match: CodeMatch;
}

interface Row {
  readonly concept: Concept;
  readonly value: string;
  readonly scheme: string;
  readonly meaning: string;
  readonly provenBy: string | undefined;
}

const row = (concept: Concept, value: string, scheme: string, meaning: string, provenBy?: string): Row => ({
  concept,
  value,
  scheme,
  meaning,
  provenBy,
});

/**
 * SRT, SNM3 and 99SDM are three designators of the same old SNOMED values: a row says SRT, the value alone finds the others. Major and minor
 * axis are long and short axis by another name.
 */
export const CODES: readonly Row[] = [
  row('long-axis', '103339001', 'SCT', 'Long Axis', 'highdicom/0.28.2-lines.dcm'),
  row('long-axis', 'G-A185', 'SRT', 'Long Axis', 'dcmjs/0.45.0-bidir.dcm'),
  row('long-axis', 'G-A185', 'SNM3', 'Long Axis', 'independent/codes-snm3.dcm'),
  row('long-axis', 'G-A185', '99SDM', 'Long Axis', 'independent/codes-99sdm.dcm'),
  row('long-axis', 'longAxis', 'CORNERSTONEJS', 'Long Axis', 'independent/codes-cornerstonejs.dcm'),
  row('long-axis', 'LONGAXIS', '99VENDOR', 'RECIST long diameter', 'independent/codes-private.dcm'),
  row('long-axis', '131187009', 'SCT', 'Major Axis'),
  row('long-axis', 'G-A193', 'SRT', 'Major Axis', 'independent/codes-maxdia.dcm'),
  row('short-axis', '103340004', 'SCT', 'Short Axis', 'highdicom/0.28.2-lines.dcm'),
  row('short-axis', 'G-A186', 'SRT', 'Short Axis', 'dcmjs/0.45.0-bidir.dcm'),
  row('short-axis', 'G-A186', 'SNM3', 'Short Axis', 'independent/codes-snm3.dcm'),
  row('short-axis', 'G-A186', '99SDM', 'Short Axis', 'independent/codes-99sdm.dcm'),
  row('short-axis', 'shortAxis', 'CORNERSTONEJS', 'Short Axis', 'independent/codes-cornerstonejs.dcm'),
  row('short-axis', 'SHORTAXIS', '99VENDOR', 'RECIST short diameter', 'independent/codes-private.dcm'),
  row('short-axis', '131188004', 'SCT', 'Minor Axis'),
  row('short-axis', 'G-A194', 'SRT', 'Minor Axis', 'independent/codes-maxdia.dcm'),
  row('short-axis', '131189007', 'SCT', 'Perpendicular Axis'),
  row('short-axis', 'G-A195', 'SRT', 'Perpendicular Axis'),
  row('length', '410668003', 'SCT', 'Length', 'dcmjs/0.52.2-lengths.dcm'),
  row('length', 'G-D7FE', 'SRT', 'Length', 'dcmjs/0.41.0-lengths.dcm'),
  row('length', 'G-A22A', 'SRT', 'Length', 'ncip-aim3-sr/0022BaselineA.dcm'),
  row('diameter', '81827009', 'SCT', 'Diameter', 'independent/codes-diameters.dcm'),
  row('diameter', 'M-02550', 'SRT', 'Diameter', 'independent/l-tid2000.dcm'),
  row('diameter', '131192006', 'SCT', 'Diameter of circumscribed circle'),
  row('diameter', 'G-A198', 'SRT', 'Diameter of circumscribed circle'),
  row('not-an-axis', '131190003', 'SCT', 'Radius', 'dwv/tid1500-0-sr-circle.dcm'),
  row('not-an-axis', 'G-A196', 'SRT', 'Radius'),
  row('not-an-axis', '131191004', 'SCT', 'Perimeter'),
  row('not-an-axis', 'G-A197', 'SRT', 'Perimeter'),
  row('not-an-axis', '103355008', 'SCT', 'Width', 'dwv/tid1500-0-sr-rectangle.dcm'),
  row('not-an-axis', 'G-A220', 'SRT', 'Width'),
  row('not-an-axis', '121207', 'DCM', 'Height', 'dwv/tid1500-0-sr-rectangle.dcm'),
  row('not-an-axis', '121206', 'DCM', 'Distance', 'negative/pyd-angle-and-distance.dcm'),
  row('not-an-axis', '42798000', 'SCT', 'Area', 'dwv/tid1500-0-sr-circle.dcm'),
  row('not-an-axis', 'G-A166', 'SRT', 'Area'),
  row('not-an-axis', '118565006', 'SCT', 'Volume', 'negative/pyd-volume-only.dcm'),
  row('not-an-axis', 'G-D705', 'SRT', 'Volume', 'public-tid1500/dcmqi-result.dcm'),
  row('not-an-axis', '112031', 'DCM', 'Attenuation Coefficient', 'negative/pyd-volume-only.dcm'),
  row('not-an-axis', '399139001', 'SCT', 'Parasternal long axis'),
  row('not-an-axis', '131185001', 'SCT', 'Vertical Long Axis'),
  row('not-an-axis', '131186000', 'SCT', 'Horizontal Long Axis'),

  row('measurement-group', '125007', 'DCM', 'Measurement Group', 'highdicom/0.28.2-lines.dcm'),
  row('imaging-measurements', '126010', 'DCM', 'Imaging Measurements', 'highdicom/0.28.2-lines.dcm'),
  row('image-library', '111028', 'DCM', 'Image Library', 'negative/pyd-slice-thickness-lib.dcm'),
  row('image-library', '126200', 'DCM', 'Image Library Group', 'negative/pyd-slice-thickness-lib.dcm'),
  row('drawing-help', 'ControlPoints', '99CS3D', 'Control Points'),
  row('drawing-help', 'TextPosition', '99CS3D', 'Text Position'),
  row('drawing-help', '122438', 'DCM', 'Reference Points', 'dwv/tid1500-0-sr-ruler.dcm'),
  row('referenced-segment', '121191', 'DCM', 'Referenced Segment', 'public-tid1500/dcmqi-result.dcm'),
  row('referenced-segment', '121214', 'DCM', 'Referenced Segmentation Frame'),

  row('tracking-identifier', '112039', 'DCM', 'Tracking Identifier', 'highdicom/0.28.2-lines.dcm'),
  row('tracking-unique-identifier', '112040', 'DCM', 'Tracking Unique Identifier', 'highdicom/0.28.2-lines.dcm'),
  row('lesion-identifier', '121151', 'DCM', 'Lesion Identifier', 'independent/l-tid1400.dcm'),
  row('finding', '121071', 'DCM', 'Finding', 'highdicom/0.28.2-lines.dcm'),
  row('finding', '111059', 'DCM', 'Single Image Finding', 'independent/l-chest-cad.dcm'),
  row('finding-site', '363698007', 'SCT', 'Finding Site', 'highdicom/0.28.2-lines.dcm'),
  row('finding-site', 'G-C0E3', 'SRT', 'Finding Site', 'independent/l-tid1400.dcm'),
  row('finding-site', 'zzz008', '99NCIAIM', 'Anatomic Entity', 'ncip-aim3-sr/0022BaselineA.dcm'),
  row('laterality', '272741003', 'SCT', 'Laterality'),
  row('laterality', 'G-C171', 'SRT', 'Laterality'),
  row('lymph-node', '59441001', 'SCT', 'Lymph node', 'independent/m-single-length-node.dcm'),
  row('lymph-node', 'T-C4000', 'SRT', 'Lymph node'),
  row('lymph-node', '30746006', 'SCT', 'Lymphadenopathy', 'independent/m-single-length-node.dcm'),
  row('no-finding', 'SAMPLEFINDING', '99dcmjs', 'Sample Finding', 'dcmjs/0.4.7-bidir.dcm'),
  row('no-finding', 'CORNERSTONEFREETEXT', 'CST4', '', 'dcmjs-repo/structured_report.dcm'),
  row('no-finding', 'CORNERSTONEFREETEXT', 'CORNERSTONEJS', ''),
  row('target-lesion', '112074', 'DCM', 'Target Lesion at Baseline'),
  row('target-lesion', '112041', 'DCM', 'Target Lesion Complete Response', 'ncip-aim3-sr/0022BaselineA.dcm'),
  row('target-lesion', '112042', 'DCM', 'Target Lesion Partial Response'),
  row('target-lesion', '112043', 'DCM', 'Target Lesion Progressive Disease'),
  row('target-lesion', '112044', 'DCM', 'Target Lesion Stable Disease'),
  row('target-lesion', 'S71', '99EPAD', 'target'),
  row('non-target-lesion', '112075', 'DCM', 'Non-Target Lesion at Baseline'),
  row('non-target-lesion', '112045', 'DCM', 'Non-Target Lesion Complete Response'),
  row('non-target-lesion', '112046', 'DCM', 'Non-Target Lesion Incomplete Response or Stable Disease'),
  row('non-target-lesion', '112047', 'DCM', 'Non-Target Lesion Progressive Disease'),
  row('time-point', 'C2348792', 'UMLS', 'Time Point', 'independent/timepoint-0.dcm'),
  row('subject-time-point-identifier', '126070', 'DCM', 'Subject Time Point Identifier', 'independent/timepoint-0.dcm'),
  row('protocol-time-point-identifier', '126071', 'DCM', 'Protocol Time Point Identifier'),
  row('time-point-type', '126072', 'DCM', 'Time Point Type'),
  row('time-point-order', '126073', 'DCM', 'Time Point Order', 'independent/timepoint-0.dcm'),
  row('person-observer-name', '121008', 'DCM', 'Person Observer Name', 'independent/timepoint-0.dcm'),
  row('device-observer-uid', '121012', 'DCM', 'Device Observer UID', 'public-tid1500/dcmqi-result.dcm'),
  row('rejection-note', '113001', 'DCM', 'Rejected for Quality Reasons', 'independent/life-rejection-note.dcm'),
  row('rejection-note', '113037', 'DCM', 'Rejected for Patient Safety Reasons'),
  row('rejection-note', '113038', 'DCM', 'Incorrect Modality Worklist Entry'),
  row('rejection-note', '113039', 'DCM', 'Data Retention Policy Expired'),
  row('study-instance-uid', '110180', 'DCM', 'Study Instance UID', 'ncip-aim3-sr/0022BaselineA.dcm'),
  row('series-instance-uid', '112002', 'DCM', 'Series Instance UID', 'ncip-aim3-sr/0022BaselineA.dcm'),
  row(
    'device-observer-manufacturer',
    '121014',
    'DCM',
    'Device Observer Manufacturer',
    'public-tid1500/dcmqi-result.dcm',
  ),
  row('device-observer-model', '121015', 'DCM', 'Device Observer Model Name', 'negative/dose-CT-ESR-GE_Optima.dcm'),

  row('aim-report', 'zzz001', '99NCIAIM', 'AIM SR Report', 'ncip-aim3-sr/0022BaselineA.dcm'),
  row('aim-annotation', 'zzz002', '99NCIAIM', 'AIM Annotation', 'ncip-aim3-sr/0022BaselineA.dcm'),
  row('aim-calculation-result', 'zzz015', '99NCIAIM', 'Calculation Result', 'ncip-aim3-sr/0022BaselineA.dcm'),
  row('aim-dimension-label', 'zzz018', '99NCIAIM', 'Dimension Label', 'ncip-aim3-sr/0022BaselineA.dcm'),
  row('aim-geometric-shape', 'zzz022', '99NCIAIM', 'Geometric Shape', 'ncip-aim3-sr/0022BaselineA.dcm'),
  row('measurement-method', 'G-C036', 'SRT', 'Measurement Method', 'ncip-aim3-sr/0022BaselineA.dcm'),
];

/** Wordings under private codes, besides the meanings of the rows. Those of numbers count only where a line is drawn. */
const WORDINGS: readonly (readonly [Concept, string])[] = [
  ['long-axis', 'Long diameter'],
  ['long-axis', 'Longest diameter'],
  ['long-axis', 'Long axis diameter'],
  ['long-axis', 'Longest axis'],
  ['long-axis', 'RECIST long axis'],
  ['short-axis', 'Short diameter'],
  ['short-axis', 'Short axis diameter'],
  ['short-axis', 'Shortest axis'],
  ['short-axis', 'Perpendicular diameter'],
  ['short-axis', 'Longest perpendicular diameter'],
  ['short-axis', 'RECIST short axis'],
  ['length', 'Line length'],
  ['length', 'Linear measurement'],
  ['diameter', 'Maximum diameter'],
  ['diameter', 'Largest diameter'],
  ['target-lesion', 'Target lesion'],
  ['non-target-lesion', 'Non-target lesion'],
  ['non-target-lesion', 'Non-target'],
];

const byScheme = new Map<string, Map<string, Recognised>>();
const byValue = new Map<string, Recognised>();
const byMeaning = new Map<string, Concept>();
for (const { concept, value, scheme, meaning } of CODES) {
  const ofScheme = byScheme.get(scheme) ?? new Map<string, Recognised>();
  byScheme.set(scheme, ofScheme.set(value, { concept, match: 'value-and-scheme' }));
  if (!byValue.has(value)) byValue.set(value, { concept, match: 'value' });
  if (meaning !== '' && !byMeaning.has(spelling(meaning))) byMeaning.set(spelling(meaning), concept);
}
for (const [concept, meaning] of WORDINGS) byMeaning.set(spelling(meaning), concept);

/** The concept of a code: by value and scheme, then by value, then by meaning (any scheme, any spelling of the same words). */
export function recognise(coded: CodedConcept | undefined): Recognised | undefined {
  if (!coded) return undefined;
  const sameValue = byScheme.get(coded.scheme)?.get(coded.value) ?? byValue.get(coded.value);
  if (sameValue) return sameValue;
  const sameMeaning = coded.meaning === '' ? undefined : byMeaning.get(spelling(coded.meaning));
  return sameMeaning ? { concept: sameMeaning, match: 'meaning' } : undefined;
}

/** The concept that a free label stands for: NCI AIM names what a number is in a text beside it. */
export const conceptOfWording = (text: string | undefined): Concept | undefined =>
  text === undefined ? undefined : byMeaning.get(spelling(text));

export const isConcept = (coded: CodedConcept | undefined, concept: Concept): boolean =>
  recognise(coded)?.concept === concept;

/** Whether a finding or a site is a lymph node, whose short axis is what RECIST 1.1 measures. Stations have codes of their own. */
export const isLymphNode = (coded: CodedConcept | undefined): boolean =>
  coded !== undefined && (isConcept(coded, 'lymph-node') || spelling(coded.meaning).includes('lymphnode'));

/** Letters and digits only, case folded, plural endings off: `Long Axis`, `long-axis` and `LongAxis` are one word. */
function spelling(meaning: string): string {
  return meaning
    .normalize('NFKC')
    .toLowerCase()
    .replace(/\baxes\b/g, 'axis')
    .replace(/(\w{3}[^siu\W])s\b/g, '$1')
    .replace(/[^\p{L}\p{N}]+/gu, '');
}
