import { TAG, type Tag } from '../../domain/index.js';

/** Attributes in which an object must be of one mind with its images. */
export const IDENTITY: readonly Tag[] = [
  TAG.PatientName,
  TAG.PatientID,
  TAG.IssuerOfPatientID,
  TAG.PatientBirthDate,
  TAG.PatientSex,
  TAG.StudyDate,
  TAG.StudyTime,
  TAG.AccessionNumber,
  TAG.ReferringPhysicianName,
  TAG.StudyID,
  TAG.StudyDescription,
];
