import { TAG, type Tag } from '../../domain/index.js';

/** Attributes of type 2 of every object of a patient (C.7.1.1, C.7.2.1): present, with or without a value. */
export const PATIENT_AND_STUDY_PRESENT: readonly Tag[] = [
  TAG.PatientName,
  TAG.PatientID,
  TAG.PatientBirthDate,
  TAG.PatientSex,
  TAG.StudyDate,
  TAG.StudyTime,
  TAG.AccessionNumber,
  TAG.ReferringPhysicianName,
  TAG.StudyID,
];
