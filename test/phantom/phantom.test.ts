import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makePhantomStudy, type PhantomStudy } from '../../src/phantom/index.js';
import { dciodvfy, describeWith, python } from '../environment/peers.js';

let study: PhantomStudy;
const folder = mkdtempSync(join(tmpdir(), 'caliper-phantom-'));

beforeAll(() => {
  study = makePhantomStudy(1);
  mkdirSync(join(folder, 'ct'));
  for (const { name, bytes } of study.files) writeFileSync(join(folder, name), bytes);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the phantom', () => {
  test('the same seed gives the same bytes, another seed others', () => {
    const digest = (s: PhantomStudy) =>
      createHash('sha256')
        .update(Buffer.concat(s.files.map((f) => f.bytes)))
        .digest('hex');
    expect(digest(makePhantomStudy(1))).toBe(digest(study));
    expect(digest(makePhantomStudy(2))).not.toBe(digest(study));
  });

  test('seven lesions of varied size in lung, liver and node; marks end on their outline', () => {
    expect(study.truths).toHaveLength(7);
    const areas = study.truths.map((t) => t.mask.bits.reduce((a, b) => a + b, 0));
    expect(Math.max(...areas) / Math.min(...areas)).toBeGreaterThan(5);
    for (const { marks, mask } of study.truths)
      for (const end of [...marks.longAxis, ...marks.shortAxis!]) {
        let nearest = Infinity;
        for (let p = 0; p < mask.bits.length; p++)
          if (mask.bits[p] === 1)
            nearest = Math.min(
              nearest,
              Math.hypot((p % mask.columns) - end.column, Math.floor(p / mask.columns) - end.row),
            );
        expect(nearest).toBeLessThan(2.5);
      }
  });
});

describeWith({ dciodvfy: dciodvfy() }, 'the phantom before a validator', (peers) => {
  test('dciodvfy finds no error and no warning in any image or the report', () => {
    for (const { name } of study.files) {
      const said = spawnSync(peers.dciodvfy, ['-new', join(folder, name)], { encoding: 'utf8' });
      expect({
        name,
        lines: (said.stdout + said.stderr).split('\n').filter((l) => /^(Error|Warning)/.test(l)),
      }).toEqual({ name, lines: [] });
    }
  });
});

describeWith({ python: python() }, 'the phantom before pydicom', (peers) => {
  test('tissues have their Hounsfield units, noise is that of a scanner, and the report measures what its lines are long', () => {
    const script = `
import json, sys, numpy as np, pydicom
from pathlib import Path
folder = Path(sys.argv[1])
images = {d.SOPInstanceUID: d for d in (pydicom.dcmread(p) for p in sorted((folder / "ct").glob("*.dcm")))}
first = next(iter(images.values()))
liver = first.pixel_array[240:250, 160:185].astype(float) * first.RescaleSlope + first.RescaleIntercept
report = pydicom.dcmread(folder / "report.dcm")
ratios = []
def walk(item):
    for child in item.get("ContentSequence", []):
        if child.ValueType == "NUM":
            scoord = child.ContentSequence[0]
            image = images[scoord.ContentSequence[0].ReferencedSOPSequence[0].ReferencedSOPInstanceUID]
            x1, y1, x2, y2 = scoord.GraphicData
            length = np.hypot((x2 - x1) * image.PixelSpacing[1], (y2 - y1) * image.PixelSpacing[0])
            ratios.append(float(length) - float(child.MeasuredValueSequence[0].NumericValue))
        walk(child)
walk(report)
print(json.dumps({"liver": liver.mean(), "noise": liver.std(), "differences": ratios}))
`;
    const said = JSON.parse(execFileSync(peers.python, ['-c', script, folder], { encoding: 'utf8' })) as {
      liver: number;
      noise: number;
      differences: number[];
    };
    expect(Math.abs(said.liver - 108)).toBeLessThan(4);
    expect(said.noise).toBeGreaterThan(8);
    expect(said.noise).toBeLessThan(22);
    expect(said.differences).toHaveLength(14);
    for (const difference of said.differences) expect(Math.abs(difference)).toBeLessThan(0.051);
  });
});
