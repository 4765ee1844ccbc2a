import { derivedUid, type Uid } from '../domain/index.js';
import type { NaturalDataSet } from './part10-file.js';

/** UIDs, dates and the made-up patient of a phantom study; the same seed gives the same study. */
export interface Identity {
  readonly date: string;
  readonly time: string;
  readonly studyUID: Uid;
  readonly seriesUID: Uid;
  readonly reportSeriesUID: Uid;
  readonly reportUID: Uid;
  readonly frameOfReferenceUID: Uid;
  readonly observerUID: Uid;
  imageUID(index: number): Uid;
  trackingUID(lesion: number): Uid;
  readonly patientAndStudy: NaturalDataSet;
}

export function identityOf(seed: number): Identity {
  const uid = (what: string) => derivedUid<Uid>('sop', ['phantom', String(seed), what]);
  const date = '20240315';
  const time = '101500';
  const studyUID = uid('study');
  return {
    date,
    time,
    studyUID,
    seriesUID: uid('ct series'),
    reportSeriesUID: uid('report series'),
    reportUID: uid('report'),
    frameOfReferenceUID: uid('frame of reference'),
    observerUID: uid('observer'),
    imageUID: (index) => uid(`image ${index}`),
    trackingUID: (lesion) => uid(`lesion ${lesion}`),
    patientAndStudy: {
      SpecificCharacterSet: 'ISO_IR 192',
      PatientName: 'Phantom^Trunk',
      PatientID: `PHANTOM-${seed}`,
      PatientBirthDate: '19600101',
      PatientSex: 'O',
      StudyInstanceUID: studyUID,
      StudyDate: date,
      StudyTime: time,
      StudyID: '1',
      StudyDescription: 'Phantom of a trunk with seven lesions',
      AccessionNumber: `PH${seed}`,
      ReferringPhysicianName: '',
    },
  };
}
