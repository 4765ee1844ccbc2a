import { code, type LesionRole } from '../../domain/index.js';

/** Codes of the result report (PS3.16 TID 1500 and what it includes). Meanings are spelt as viewers and validators look for them. */
export const CONCEPT = {
  report: code('126000', 'DCM', 'Imaging Measurement Report'),
  procedureReported: code('121058', 'DCM', 'Procedure reported'),
  anyCt: code('25045-6', 'LN', 'CT unspecified body region'),
  imageLibrary: code('111028', 'DCM', 'Image Library'),
  imageLibraryGroup: code('126200', 'DCM', 'Image Library Group'),
  imagingMeasurements: code('126010', 'DCM', 'Imaging Measurements'),
  measurementGroup: code('125007', 'DCM', 'Measurement Group'),
  trackingIdentifier: code('112039', 'DCM', 'Tracking Identifier'),
  trackingUniqueIdentifier: code('112040', 'DCM', 'Tracking Unique Identifier'),
  finding: code('121071', 'DCM', 'Finding'),
  findingSite: code('363698007', 'SCT', 'Finding Site'),
  laterality: code('272741003', 'SCT', 'Laterality'),
  segment: code('121191', 'DCM', 'Referenced Segment'),
  segmentationFrame: code('121214', 'DCM', 'Referenced Segmentation Frame'),
  imageRegion: code('111030', 'DCM', 'Image Region'),
  sourceImage: code('121233', 'DCM', 'Source image for segmentation'),
  sourceReport: code('128225', 'DCM', 'Source report'),
  area: code('42798000', 'SCT', 'Area'),
  volume: code('118565006', 'SCT', 'Volume'),
  longAxis: code('103339001', 'SCT', 'Long Axis'),
  shortAxis: code('103340004', 'SCT', 'Short Axis'),
  algorithmName: code('111001', 'DCM', 'Algorithm Name'),
  algorithmVersion: code('111003', 'DCM', 'Algorithm Version'),
  algorithmParameters: code('111002', 'DCM', 'Algorithm Parameters'),
  evaluationMethod: code('112021', 'DCM', 'Response Evaluation Method'),
  recist11: code('126081', 'DCM', 'RECIST 1.1'),
  timePoint: code('C2348792', 'UMLS', 'Time Point'),
  agreement: code('agreement', '99CALIPER', 'Agreement with the marks'),
  countedDiameter: code('recist-diameter', '99CALIPER', 'Diameter that RECIST 1.1 counts'),
  lesionRole: code('lesion-role', '99CALIPER', 'Role of the lesion in the assessment'),
} as const;

/** CID 6145. */
export const ROLES: Readonly<Record<LesionRole, ReturnType<typeof code>>> = {
  target: code('112074', 'DCM', 'Target Lesion at Baseline'),
  'non-target': code('112075', 'DCM', 'Non-Target Lesion at Baseline'),
};

export const UNIT = {
  mm: code('mm', 'UCUM', 'millimeter'),
  mm2: code('mm2', 'UCUM', 'square millimeter'),
  mm3: code('mm3', 'UCUM', 'cubic millimeter'),
  none: code('1', 'UCUM', 'no units'),
} as const;

/** Our own coding scheme, for what no dictionary has a code. */
export const OWN_SCHEME = { designator: '99CALIPER', name: 'Caliper private codes' } as const;

/** By this tracking identifier, the codes' meanings and its two lines, Cornerstone3D viewers know a bidirectional annotation. */
export const BIDIRECTIONAL = 'Cornerstone3DTools@^0.1.0:Bidirectional';
