import { describe, expect, test } from '@jest/globals';
import { fitOf } from '../../src/dicomweb/matching.js';
import { dataSetFromJson } from '../../src/dicom/index.js';

const row = dataSetFromJson({
  '00080016': { vr: 'UI', Value: ['1.2.840.10008.5.1.4.1.1.88.33'] },
  '00080020': { vr: 'DA', Value: ['20260215'] },
  '00080021': { vr: 'DA', Value: ['2026.02.15'] },
  '00080022': { vr: 'DA' },
  '00080030': { vr: 'TM', Value: ['101500'] },
  '00080060': { vr: 'CS', Value: ['SR'] },
  '00080061': { vr: 'CS', Value: ['CT', 'SR'] },
  '00100010': { vr: 'PN', Value: [{ Alphabetic: 'Doe^Jane' }] },
  '00100020': { vr: 'LO', Value: ['A.1+2'] },
  '0020000D': { vr: 'UI', Value: ['1.2.3'] },
});

describe('whether a row fits what was asked', () => {
  test.each([
    ['Modality', 'SR', 'fits'],
    ['Modality', 'CT', 'differs'],
    ['Modality', 'CT,SR', 'fits'],
    ['ModalitiesInStudy', 'SR', 'fits'],
    ['ModalitiesInStudy', 'MR', 'differs'],
    ['StudyInstanceUID', '1.2.3', 'fits'],
    ['StudyInstanceUID', '1.2', 'differs'],
    ['StudyInstanceUID', '1.2.3.4', 'differs'],
    ['StudyInstanceUID', '9.9,1.2.3', 'fits'],
    ['SOPClassUID', '1.2.840.10008.5.1.4.1.1.2', 'differs'],
    ['SOPInstanceUID', '1.2', 'not-answered'],
    ['StudyDate', '20260215', 'fits'],
    ['StudyDate', '20260214', 'differs'],
    ['StudyDate', '20260201-20260228', 'fits'],
    ['StudyDate', '20260215-20260215', 'fits'],
    ['StudyDate', '20260216-20260228', 'differs'],
    ['StudyDate', '-20260214', 'differs'],
    ['StudyDate', '20260215-', 'fits'],
    ['SeriesDate', '20260201-20260228', 'fits'],
    ['AcquisitionDate', '20260201-20260228', 'not-answered'],
    ['StudyTime', '000000-010000', 'not-answered'],
    ['PatientName', 'Nobody', 'not-answered'],
    ['PatientID', 'A.1+2', 'fits'],
    ['PatientID', 'A*', 'fits'],
    ['PatientID', 'a.1?2', 'fits'],
    ['PatientID', 'AX1+2', 'differs'],
  ] as const)('%s=%s %s', (keyword, asked, expected) => {
    expect(row.ok && fitOf(row.value, keyword, asked)).toBe(expected);
  });

  test('a word that is no keyword is a mistake of ours', () => {
    expect(() => row.ok && fitOf(row.value, 'StudyUid', '1')).toThrow('not a keyword');
  });
});
