import type { Tag } from '../../domain/index.js';
import { tagOf } from '../../dicom/index.js';
import { jsonKeyOf } from './dicom-json-values.js';

export type Level = 'study' | 'series' | 'instance';

const keysOf = (...keywords: readonly string[]): ReadonlySet<string> => new Set(keywords.map(keyOf));

export function keyOf(keyword: string): string {
  const tag = tagOf(keyword);
  if (tag === undefined) throw new Error(`not a keyword of PS3.6: ${keyword}`);
  return jsonKeyOf(tag);
}

/**
 * Which attributes belong to a study, to a series and, of those of an instance, which are kept in the index (PS3.3 C.7.1 to C.7.3 and C.7.5,
 * C.17.1; PS3.4 C.6.2; TimezoneOffsetFromUTC is counted to the study). An attribute in none of the three is one of an instance and is read from its file when it is asked for. A change of
 * these tables makes an index file on disk invalid by itself: its first line carries their digest.
 */
export const INDEXED: Readonly<Record<Level, ReadonlySet<string>>> = {
  study: keysOf(
    'PatientName',
    'PatientID',
    'IssuerOfPatientID',
    'TypeOfPatientID',
    'IssuerOfPatientIDQualifiersSequence',
    'PatientBirthDate',
    'PatientBirthTime',
    'PatientSex',
    'OtherPatientIDs',
    'OtherPatientIDsSequence',
    'OtherPatientNames',
    'EthnicGroup',
    'PatientComments',
    'PatientIdentityRemoved',
    'DeidentificationMethod',
    'PatientSpeciesDescription',
    'PatientBreedDescription',
    'ResponsiblePerson',
    'ResponsibleOrganization',
    'ClinicalTrialSponsorName',
    'ClinicalTrialProtocolID',
    'ClinicalTrialProtocolName',
    'ClinicalTrialSiteID',
    'ClinicalTrialSubjectID',
    'ClinicalTrialSubjectReadingID',
    'ClinicalTrialTimePointID',
    'StudyInstanceUID',
    'StudyDate',
    'StudyTime',
    'StudyID',
    'AccessionNumber',
    'IssuerOfAccessionNumberSequence',
    'ReferringPhysicianName',
    'StudyDescription',
    'PhysiciansOfRecord',
    'NameOfPhysiciansReadingStudy',
    'ProcedureCodeSequence',
    'AdmittingDiagnosesDescription',
    'PatientAge',
    'PatientSize',
    'PatientWeight',
    'Occupation',
    'AdditionalPatientHistory',
    'TimezoneOffsetFromUTC',
  ),
  series: keysOf(
    'SeriesInstanceUID',
    'Modality',
    'SeriesNumber',
    'SeriesDescription',
    'SeriesDate',
    'SeriesTime',
    'Laterality',
    'BodyPartExamined',
    'ProtocolName',
    'PatientPosition',
    'PerformingPhysicianName',
    'OperatorsName',
    'PerformedProcedureStepID',
    'PerformedProcedureStepStartDate',
    'PerformedProcedureStepStartTime',
    'PerformedProcedureStepDescription',
    'RequestAttributesSequence',
    'ReferencedPerformedProcedureStepSequence',
    'FrameOfReferenceUID',
    'Manufacturer',
    'ManufacturerModelName',
    'InstitutionName',
    'InstitutionalDepartmentName',
    'StationName',
    'DeviceSerialNumber',
    'SoftwareVersions',
    'ClinicalTrialSeriesID',
  ),
  instance: keysOf(
    'SOPClassUID',
    'SOPInstanceUID',
    'InstanceNumber',
    'ContentDate',
    'ContentTime',
    'Rows',
    'Columns',
    'BitsAllocated',
    'NumberOfFrames',
    'ConceptNameCodeSequence',
    'CompletionFlag',
    'VerificationFlag',
    'PreliminaryFlag',
    'ContentLabel',
  ),
};

/** What the archive knows of an entity without its being in a data set. */
export const DERIVED: Readonly<Record<Level, ReadonlySet<string>>> = {
  study: keysOf(
    'ModalitiesInStudy',
    'SOPClassesInStudy',
    'NumberOfStudyRelatedSeries',
    'NumberOfStudyRelatedInstances',
    'InstanceAvailability',
  ),
  series: keysOf('NumberOfSeriesRelatedInstances'),
  instance: keysOf('AvailableTransferSyntaxUID'),
};

/** Returned at each level without being asked for, PS3.18 10.6.3.3 (tables 10.6.3-3 to 10.6.3-5), where the data set has them. */
export const RETURNED: Readonly<Record<Level, ReadonlySet<string>>> = {
  study: keysOf(
    'StudyDate',
    'StudyTime',
    'AccessionNumber',
    'InstanceAvailability',
    'ModalitiesInStudy',
    'ReferringPhysicianName',
    'TimezoneOffsetFromUTC',
    'PatientName',
    'PatientID',
    'PatientBirthDate',
    'PatientSex',
    'StudyInstanceUID',
    'StudyID',
    'NumberOfStudyRelatedSeries',
    'NumberOfStudyRelatedInstances',
  ),
  series: keysOf(
    'Modality',
    'TimezoneOffsetFromUTC',
    'SeriesDescription',
    'SeriesInstanceUID',
    'SeriesNumber',
    'NumberOfSeriesRelatedInstances',
    'PerformedProcedureStepStartDate',
    'PerformedProcedureStepStartTime',
    'RequestAttributesSequence',
    'InstanceAvailability',
  ),
  instance: keysOf(
    'SOPClassUID',
    'SOPInstanceUID',
    'InstanceAvailability',
    'TimezoneOffsetFromUTC',
    'InstanceNumber',
    'Rows',
    'Columns',
    'BitsAllocated',
    'NumberOfFrames',
  ),
};

/** Of those, what is returned without a value where the data set has none: type 1 and 2 attributes of the General Study and Patient modules. */
export const RETURNED_EMPTY: ReadonlyMap<string, string> = new Map([
  [keyOf('StudyDate'), 'DA'],
  [keyOf('StudyTime'), 'TM'],
  [keyOf('AccessionNumber'), 'SH'],
  [keyOf('ReferringPhysicianName'), 'PN'],
  [keyOf('PatientName'), 'PN'],
  [keyOf('PatientID'), 'LO'],
  [keyOf('PatientBirthDate'), 'DA'],
  [keyOf('PatientSex'), 'CS'],
  [keyOf('StudyID'), 'SH'],
]);

/** SpecificCharacterSet tells an encoding and is never a key (PS3.4 C.2.2.2); RetrieveURL depends on who asks. */
export const NEVER_MATCHED = keysOf('SpecificCharacterSet', 'RetrieveURL');

/** The highest level at which an attribute says something of the entity itself. */
export function levelOf(tag: Tag): Level {
  const key = jsonKeyOf(tag);
  if (INDEXED.study.has(key) || DERIVED.study.has(key) || NEVER_MATCHED.has(key)) return 'study';
  return INDEXED.series.has(key) || DERIVED.series.has(key) ? 'series' : 'instance';
}

/** True when a level lies at or above another: a study above its series above their instances. */
export const isAtOrAbove = (level: Level, other: Level): boolean => ORDER.indexOf(level) <= ORDER.indexOf(other);
const ORDER: readonly Level[] = ['study', 'series', 'instance'];
