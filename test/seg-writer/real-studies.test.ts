import { beforeAll, expect, test } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkSegmentation, writeSegmentations } from '../../src/seg-writer/index.js';
import { dcentvfy, dciodvfy, describeWith, python, shared } from '../environment/peers.js';
import { imagesIn } from './ct-images.js';
import { errorsOfDciodvfy, attributesAtOdds, readWithHighdicom, type Verdict } from './judges.js';
import { lesionOn, requestFor } from './lesions.js';

interface Study {
  readonly name: string;
  readonly path: string;
  /** Positions in the folder, or frames, that lesions are put on; all where absent. */
  readonly on?: readonly number[];
  readonly objects: number;
  readonly warnings?: readonly string[];
  readonly repaired?: readonly string[];
}

/** Every geometry and every odd header among the real studies that lie beside a checkout. */
const STUDIES: readonly Study[] = [
  {
    name: 'gantry tilt with gaps, no birth date',
    path: 'data/studies/variety/ge-head-tilt-gaps',
    objects: 3,
    warnings: ['geometry.one-object-a-slice', 'header.dropped:PatientIdentityRemoved'],
  },
  {
    name: 'negative gantry tilt',
    path: 'data/studies/variety/philips-phantom-tilt',
    objects: 2,
    warnings: ['geometry.one-object-a-slice'],
  },
  { name: 'oblique coronal reformat', path: 'data/studies/variety/ge-oblique-coronal', objects: 1 },
  {
    name: 'coronal reformat, no character set',
    path: 'data/studies/variety/toshiba-coronal-sagittal/coronal',
    objects: 1,
  },
  { name: 'sagittal reformat', path: 'data/studies/variety/toshiba-coronal-sagittal/sagittal', objects: 1 },
  {
    name: 'Japanese names, tilt, JPEG 2000',
    path: 'data/studies/variety/hitachi-ja-tilt-j2k',
    objects: 1,
    warnings: ['header.character-sets-converted'],
  },
  {
    name: 'rows flipped, UN elements, no slice thickness',
    path: 'data/studies/variety/flipped-rows-j2k',
    objects: 1,
    warnings: ['geometry.thickness-unknown'],
  },
  { name: 'empty character set, feet first', path: 'data/studies/variety/ge-liver-3slice', objects: 1 },
  { name: 'two frames of an enhanced image', path: 'data/studies/variety/nema-enhanced-ct', objects: 1 },
  {
    name: 'resampled crop, DS of 16 characters',
    path: 'data/studies/variety/sts-008/CT/image',
    on: [10, 11, 13, 20],
    objects: 1,
    warnings: ['header.cut:StudyID', 'reader.itk-frames-not-whole-bytes', 'reader.orthanc-columns-not-whole-bytes'],
    repaired: ['StudyID'],
  },
  { name: 'deflated', path: 'data/studies/variety/ge-one-slice-six-syntaxes', on: [0], objects: 1 },
  { name: 'NCI RIDER', path: 'sr-corpus/ct/ncip', on: [0], objects: 1 },
  { name: 'pydicom CT2', path: 'seg-corpus/sources/ct2', objects: 1 },
  { name: 'headers without pixels', path: 'seg-corpus/sources/ct3slice', objects: 1 },
  { name: 'synthetic oblique', path: 'sr-corpus/ct/synthetic', on: [2], objects: 1 },
  {
    name: 'LIDC, slices of a series that is not known',
    path: 'data/studies/lidc-idri-0001/ct',
    on: [3, 4, 9],
    objects: 1,
  },
  { name: 'highdicom ct_image', path: 'seg-corpus/sources/ct_image', objects: 1 },
];

describeWith({ shared: shared() }, 'real studies', (peers) => {
  const written = STUDIES.map((study) => {
    const images = imagesIn(join(peers.shared, study.path));
    const lesions = (study.on ?? images.map((_, n) => n)).map((index, n) => lesionOn(images[index]!.slice, n + 1));
    return { study, images, lesions, ...writeSegmentations(requestFor(lesions)) };
  });
  test.each(written)('$study.name', ({ study, objects, refused }) => {
    expect(refused).toEqual([]);
    expect(objects).toHaveLength(study.objects);
    for (const object of objects) expect(object.warnings).toEqual(study.warnings ?? []);
  });

  test.each([
    ['data/studies/ircad-1-17/PATIENT_DICOM', { reason: 'no-frame-of-reference' }],
    ['data/studies/variety/siemens-bad-sequence-jpegll', { reason: 'source-header-invalid', detail: 'SOPInstanceUID' }],
  ])('%s is refused with its reason', (path, refusal) => {
    const lesion = lesionOn(imagesIn(join(peers.shared, path))[0]!.slice, 1);
    const { objects, refused } = writeSegmentations(requestFor([lesion]));
    expect(objects).toEqual([]);
    expect(refused).toEqual([{ ...refusal, measurementKey: lesion.located.measurement.key }]);
  });

  const cases = written.flatMap(({ study, images, lesions, objects }) =>
    objects.map((object) => ({ name: study.name, object, lesions, images, repaired: study.repaired ?? [] })),
  );

  describeWith({ python: python() }, 'pydicom and highdicom', (readers) => {
    let verdicts: readonly Verdict[] = [];
    beforeAll(() => {
      verdicts = readWithHighdicom(readers.python, cases);
    });
    test.each(cases.map((each, index) => [each.name, index] as const))('%s (%i)', (_, index) => {
      expect(verdicts[index]!.faults).toEqual([]);
    });
  });

  describeWith({ dciodvfy: dciodvfy(), dcentvfy: dcentvfy() }, 'dicom3tools', (tools) => {
    test.each(cases)('$name', ({ object, images, repaired }) => {
      expect(errorsOfDciodvfy(tools.dciodvfy, object.bytes)).toEqual([]);
      expect(attributesAtOdds(tools.dcentvfy, object.bytes, images)).toEqual(repaired);
    });
  });

  const foreign = readdirSync(join(peers.shared, 'seg-corpus'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.dcm') && !name.startsWith('sources'))
    .sort();
  test.each(foreign)('the self-check has an answer to %s', (name) => {
    const problems = checkSegmentation(readFileSync(join(peers.shared, 'seg-corpus', name)), []);
    expect(problems.map(({ code }) => code)).toContain('reference-unknown');
  });
});
