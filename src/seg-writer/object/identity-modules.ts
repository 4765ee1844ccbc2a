import { EQUIPMENT, TAG } from '../../domain/index.js';
import { characterSetOf } from '../source/character-set.js';
import { contributingEquipment } from './contributing-equipment.js';
import { copied, fixed, made, type ModuleRow } from './module-table.js';
import { momentOf, type Written } from './written.js';

/** A series number that no scanner uses, with the report's in its last four digits. */
const FIRST_SERIES_NUMBER = 30000;

export function seriesNumberOf(ofReport: number | undefined): number {
  const last = (ofReport ?? 0) % 10000;
  return FIRST_SERIES_NUMBER + (last < 0 ? last + 10000 : last);
}

/** Patient and study, as the source has them. */
export const IDENTITY_MODULES: readonly ModuleRow<unknown>[] = [
  {
    module: 'Patient',
    section: 'C.7.1.1',
    attributes: [
      copied(2, TAG.PatientName),
      copied(2, TAG.PatientID),
      copied(3, TAG.IssuerOfPatientID),
      copied(3, TAG.IssuerOfPatientIDQualifiersSequence),
      copied(2, TAG.PatientBirthDate),
      copied(3, TAG.PatientBirthTime),
      copied(2, TAG.PatientSex),
      copied(3, TAG.OtherPatientIDs),
      copied(3, TAG.OtherPatientIDsSequence),
      copied('1C', TAG.PatientSpeciesDescription),
      copied('1C', TAG.PatientSpeciesCodeSequence),
      copied('2C', TAG.PatientBreedDescription),
      copied('2C', TAG.PatientBreedCodeSequence),
      copied('2C', TAG.BreedRegistrationSequence),
      copied('2C', TAG.ResponsiblePerson),
      copied('1C', TAG.ResponsiblePersonRole),
      copied('2C', TAG.ResponsibleOrganization),
      copied(3, TAG.PatientIdentityRemoved),
      copied('1C', TAG.DeidentificationMethod),
      copied('1C', TAG.DeidentificationMethodCodeSequence),
    ],
  },
  {
    module: 'General Study',
    section: 'C.7.2.1',
    attributes: [
      copied(1, TAG.StudyInstanceUID),
      copied(2, TAG.StudyDate),
      copied(2, TAG.StudyTime),
      copied(2, TAG.AccessionNumber),
      copied(3, TAG.IssuerOfAccessionNumberSequence),
      copied(2, TAG.ReferringPhysicianName),
      copied(2, TAG.StudyID),
      copied(3, TAG.StudyDescription),
    ],
  },
  {
    module: 'Patient Study',
    section: 'C.7.2.2',
    attributes: [copied(3, TAG.PatientAge), copied(3, TAG.PatientSize), copied(3, TAG.PatientWeight)],
  },
];

/** Ourselves. */
export const EQUIPMENT_MODULE: ModuleRow<Written> = {
  module: 'General Equipment, Enhanced General Equipment',
  section: 'C.7.5.1, C.7.5.2',
  attributes: [
    fixed(1, TAG.Manufacturer, EQUIPMENT.manufacturer),
    fixed(1, TAG.ManufacturerModelName, EQUIPMENT.modelName),
    made(1, TAG.DeviceSerialNumber, ({ request }) => request.equipment.installationId),
    made(1, TAG.SoftwareVersions, ({ request }) => request.equipment.softwareVersion),
  ],
};

export const SOP_COMMON_MODULE: ModuleRow<Written> = {
  module: 'SOP Common',
  section: 'C.12.1',
  attributes: [
    made(1, TAG.SOPInstanceUID, ({ uids }) => uids.sopInstanceUID),
    made('1C', TAG.SpecificCharacterSet, ({ header }) => characterSetOf(header)),
    made(3, TAG.InstanceCreationDate, (object) => momentOf(object).date),
    made(3, TAG.InstanceCreationTime, (object) => momentOf(object).time),
    copied(3, TAG.TimezoneOffsetFromUTC),
    made(3, TAG.ContributingEquipmentSequence, contributingEquipment),
  ],
};
