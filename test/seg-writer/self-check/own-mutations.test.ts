import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkSegmentation, writeSegmentations, type SegmentationProblemCode } from '../../../src/seg-writer/index.js';
import { describeWith, python } from '../../environment/peers.js';
import { imagesIn } from '../ct-images.js';
import { footMask, lesionOn, requestFor } from '../lesions.js';
import { READINGS } from './readings.js';

/** Two lesions of four and three slices, as the control object of the readings has them. */
const slices = imagesIn('test/fixtures/segmentations/images').map(({ slice }) => slice);
const lesions = [lesionOn(slices[3]!, 1), lesionOn(slices[6]!, 4)];
const written = writeSegmentations(
  requestFor(lesions, {
    slicesOf: new Map(
      lesions.map((lesion, n) => [
        lesion.located.measurement.key,
        (n === 0 ? [2, 3, 4, 5] : [5, 6, 7]).map((at) => ({
          slice: slices[at]!,
          mask: at === [3, 6][n] ? lesion.mask : footMask(64, 72, [0.1 + 0.5 * n, 0.1 + 0.06 * at]),
        })),
      ]),
    ),
  }),
);

/** What is warned of only. */
const WARNINGS: Readonly<Record<string, readonly SegmentationProblemCode[]>> = {
  '09': ['position-inexact'],
  '40': ['segment-without-frame'],
  '46': ['label-map'],
  '49': ['transfer-syntax-implicit'],
  '80': ['attribute-advised'],
  '86': ['pixel-data-words'],
  '9i': ['spacing-between-slices-missing'],
  '9n': ['attribute-advised'],
};
/** Nothing is wrong with them. The list at the top (9h) is no part of our objects to begin with. */
const GOOD: ReadonlySet<string> = new Set(['00', '93', '9h', '9j']);

/** The code by which each object with a change is refused. Rows of other sizes are other masks. */
const ERRORS: Readonly<Record<string, SegmentationProblemCode>> = {
  '01': 'attribute-missing',
  '02': 'frame-of-reference-differs',
  '03': 'orientation-differs',
  '04': 'orientation-oblique',
  '05': 'group-missing',
  '06': 'group-missing',
  '07': 'group-missing',
  '08': 'position-differs',
  '10': 'derivation-image-missing',
  '10x': 'derivation-image-missing',
  '11': 'position-differs',
  '12': 'reference-unknown',
  '12x': 'reference-unknown',
  '12y': 'reference-unknown',
  '13': 'frame-number',
  '13x': 'frame-number',
  '14': 'derivation-image-missing',
  '15': 'derivation-image-missing',
  '15x': 'derivation-image-missing',
  '15y': 'derivation-image-missing',
  '16': 'group-missing',
  '16x': 'group-missing',
  '17': 'derivation-image-missing',
  '17x': 'derivation-image-missing',
  '17y': 'derivation-image-missing',
  '18': 'referenced-series-missing',
  '19': 'referenced-series-missing',
  '20': 'referenced-series-differs',
  '21': 'derivation-image-missing',
  '21x': 'derivation-image-missing',
  '21y': 'referenced-series-missing',
  '22': 'frames-fewer-than-said',
  '23': 'frames-more-than-said',
  '24': 'attribute-missing',
  '25': 'frame-not-described',
  '26': 'pixel-data-short',
  '27': 'pixel-data-long',
  '28': 'mask-differs',
  '29': 'pixel-data-bytes',
  '30': 'value-not-expected',
  '31': 'value-not-expected',
  '32': 'value-not-expected',
  '33': 'attribute-missing',
  '34': 'mask-differs',
  '35': 'mask-differs',
  '36': 'segment-numbers',
  '37': 'segment-number-zero',
  '38': 'segment-unknown',
  '39': 'segment-order',
  // a receipt is of all frames of its segment, in their order
  '41': 'mask-differs',
  '62': 'mask-differs',
  '42': 'group-missing',
  '43': 'attribute-missing',
  '44': 'attribute-missing',
  '45': 'sop-class-contradicts',
  '47': 'transfer-syntax',
  '48': 'transfer-syntax',
  '50': 'transfer-syntax',
  '51': 'size-differs',
  '52': 'size-exchanged',
  '53': 'sop-class',
  '54': 'file-meta-differs',
  '55': 'group-missing',
  '56': 'slice-distance-missing',
  '57': 'pixel-spacing-differs',
  '58': 'slice-distance-differs',
  '59': 'group-twice',
  '60': 'group-per-frame',
  '61': 'attribute-missing',
  '63': 'mask-differs',
  '64': 'dimension-index',
  '65': 'dimension-index',
  '66': 'dimension-index-count',
  '67': 'group-missing',
  '68': 'attribute-missing',
  '69': 'dimension-organization',
  '70': 'attribute-missing',
  '71': 'value-illegal',
  '72': 'value-too-long',
  '73': 'value-too-long',
  '74': 'code-incomplete',
  '75': 'attribute-missing',
  '76': 'attribute-missing',
  '77': 'attribute-missing',
  '78': 'value-not-expected',
  '79': 'tracking-incomplete',
  '81': 'identity-differs',
  '82': 'study-differs',
  '83': 'series-is-a-source',
  '84': 'value-not-expected',
  '85': 'text-outside-character-set',
  '87': 'value-not-expected',
  '88': 'value-too-long',
  '89': 'value-illegal',
  '90': 'value-too-long',
  '91': 'attribute-missing',
  '92': 'mask-differs',
  '94': 'attribute-missing',
  '95': 'value-not-expected',
  '96': 'mask-differs',
  '97': 'frame-twice',
  '98': 'orientations-several',
  '99': 'group-missing',
  '9a': 'object-empty',
  '9b': 'source-image-not-one',
  '9c': 'referenced-instance-twice',
  '9d': 'pixel-data-missing',
  '9e': 'mask-differs',
  '9f': 'size-differs',
  '9g': 'spatial-locations',
  '9k': 'slice-distance-not-thickness',
  '9l': 'slice-thickness',
  '9m': 'identity-differs',
};

describeWith({ python: python() }, 'an object of ours with one change made by pydicom', (peers) => {
  const scratch = mkdtempSync(join(tmpdir(), 'caliper-own-'));
  afterAll(() => rmSync(scratch, { recursive: true, force: true }));
  beforeAll(() => {
    expect(written.refused).toEqual([]);
    const control = join(scratch, 'control.dcm');
    writeFileSync(control, written.objects[0]!.bytes);
    const run = spawnSync(peers.python, ['test/seg-writer/self-check/mutations.py', control, scratch], {
      encoding: 'utf8',
    });
    if (run.status !== 0) throw new Error(run.stderr);
  });

  test('one object of seven frames', () => {
    expect(written.objects).toHaveLength(1);
    expect(checkSegmentation(written.objects[0]!.bytes, slices)).toEqual([]);
  });

  test.each(READINGS.filter(([name]) => !/x\d/.test(name)))('%s %s', (name) => {
    const problems = checkSegmentation(readFileSync(join(scratch, `${name}.dcm`)), slices);
    const errors = problems.filter(({ severity }) => severity === 'error').map(({ code }) => code);
    if (GOOD.has(name)) expect(problems).toEqual([]);
    else if (WARNINGS[name]) {
      expect(errors).toEqual([]);
      expect(problems.map(({ code }) => code)).toEqual(expect.arrayContaining([...WARNINGS[name]]));
    } else expect(errors).toContain(ERRORS[name]);
  });
});
