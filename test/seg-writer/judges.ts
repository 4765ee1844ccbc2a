import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TAG, type MeasurementKey, type SegmentationObject, type SegmentedLesion } from '../../src/domain/index.js';
import type { LesionSlice } from '../../src/seg-writer/index.js';
import { errorsIn, errorsOfDciodvfy as errorsOfFile, pixelmed } from '../readers/validators.js';
import type { CtImage } from './ct-images.js';

/** An object, the lesions that it should hold, and the files of the images they lie on. */
export interface Case {
  readonly object: SegmentationObject;
  readonly lesions: readonly SegmentedLesion[];
  readonly images: readonly CtImage[];
  /** Lesions that lie on more than their marked slice, or have probabilities. */
  readonly slicesOf?: ReadonlyMap<MeasurementKey, readonly LesionSlice[]>;
  /** Attributes that the writer had to repair, so that they differ from the source. */
  readonly repaired?: readonly string[];
}

export interface Verdict {
  readonly faults: readonly string[];
  readonly frames: number;
  readonly segments: readonly {
    readonly number: number;
    readonly label: string;
    readonly type: readonly [string, string];
    readonly regions: readonly string[];
    readonly algorithm: string;
    readonly trackingUID: string;
  }[];
}

/** What pydicom and highdicom find: voxels by source image and by geometry, identity, segment descriptions. */
export function readWithHighdicom(python: string, cases: readonly Case[]): readonly Verdict[] {
  return inFolder((folder) => {
    const input = cases.map(({ object, lesions, images, slicesOf, repaired }, n) => {
      const seg = join(folder, `${n}.dcm`);
      writeFileSync(seg, object.bytes);
      const masks = object.segments.flatMap(({ measurementKey, segmentNumber }) => {
        const lesion = lesions.find((each) => each.located.measurement.key === measurementKey)!;
        const slices: readonly LesionSlice[] = slicesOf?.get(measurementKey) ?? [
          { slice: lesion.located.slice, mask: lesion.mask },
        ];
        return slices.map(({ slice, mask, probability }, s) => {
          const file = join(folder, `${n}-${segmentNumber}-${s}.raw`);
          writeFileSync(file, probability ? Uint8Array.from(probability, (p) => Math.round(p * 255)) : mask.bits);
          const { header, reference } = slice;
          return {
            segment: segmentNumber,
            sop: header.text(TAG.SOPInstanceUID),
            frame: header.has(TAG.PerFrameFunctionalGroupsSequence) ? reference.frame : null,
            file,
          };
        });
      });
      const uids = new Set(masks.map(({ sop }) => sop));
      const sources = images.filter(({ slice }) => uids.has(slice.reference.sopInstanceUID)).map(({ path }) => path);
      return { seg, masks, sources: [...new Set(sources)], repaired: repaired ?? [] };
    });
    const run = spawnSync(python, ['test/seg-writer/judge.py'], {
      input: JSON.stringify({ cases: input }),
      encoding: 'utf8',
      maxBuffer: 1 << 26,
    });
    if (run.status !== 0) throw new Error(run.stderr);
    const verdicts: unknown = JSON.parse(run.stdout);
    return verdicts as readonly Verdict[];
  });
}

/** Lines of dciodvfy that begin with `Error`. */
export function errorsOfDciodvfy(dciodvfy: string, bytes: Uint8Array): readonly string[] {
  return inFolder((folder) => {
    const path = join(folder, 'seg.dcm');
    writeFileSync(path, bytes);
    return errorsOfFile(dciodvfy, path);
  });
}

/** What PixelMed's validator of structured reports says: errors, and the template it knows the report by. */
export function readWithPixelmed(
  jar: string,
  files: readonly Uint8Array[],
): readonly { readonly errors: readonly string[]; readonly template: string | undefined }[] {
  return inFolder((folder) => {
    const paths = files.map((bytes, n) => {
      const path = join(folder, `${n}.dcm`);
      writeFileSync(path, bytes);
      return path;
    });
    return pixelmed(jar, 'reports', paths).map((answer) => ({
      errors: errorsIn(answer),
      template: /Found Root Template (\w+)/.exec(answer)?.[1],
    }));
  });
}

/** Lines in which DCMTK's dsrdump warns or fails; that it does not check templates is said of every report. */
export function complaintsOfDsrdump(dsrdump: string, bytes: Uint8Array): readonly string[] {
  return inFolder((folder) => {
    const path = join(folder, 'report.dcm');
    writeFileSync(path, bytes);
    const { stdout, stderr, status } = spawnSync(dsrdump, [path], { encoding: 'utf8' });
    const lines = `${stdout}\n${stderr}`
      .split('\n')
      .filter((line) => /^[WEF]: (?!Check for template constraints)/.test(line));
    return status === 0 ? lines : [...lines, `status ${status}`];
  });
}

/** What a script of this folder makes of files, read from its JSON. */
export function readWithPython<T>(python: string, script: string, files: readonly Uint8Array[]): readonly T[] {
  return inFolder((folder) => {
    const paths = files.map((bytes, n) => {
      const path = join(folder, `${n}.dcm`);
      writeFileSync(path, bytes);
      return path;
    });
    const run = spawnSync(python, [`test/seg-writer/${script}`, ...paths], { encoding: 'utf8', maxBuffer: 1 << 26 });
    if (run.status !== 0) throw new Error(run.stderr);
    const answers: unknown = JSON.parse(run.stdout);
    return answers as readonly T[];
  });
}

/** Attributes of patient and study in which an object is at odds with its images, as dcentvfy sees it: its `Error` lines, by keyword. */
export function attributesAtOdds(dcentvfy: string, bytes: Uint8Array, images: readonly CtImage[]): readonly string[] {
  return inFolder((folder) => {
    const path = join(folder, 'seg.dcm');
    writeFileSync(path, bytes);
    const sources = [...new Set(images.map((image) => image.path))];
    const errors = (...files: string[]): readonly string[] =>
      errorLines(spawnSync(dcentvfy, files, { encoding: 'utf8' }));
    const before = new Set(sources.length > 1 ? errors(...sources) : []);
    const added = errors(...sources, path).filter((line) => !before.has(line));
    return [...new Set(added.map((line) => /Element=<(\w+)>/.exec(line)?.[1] ?? line))];
  });
}

function errorLines({ stdout, stderr }: { readonly stdout: string; readonly stderr: string }): readonly string[] {
  return `${stdout}\n${stderr}`.split('\n').filter((line) => line.startsWith('Error'));
}

function inFolder<T>(work: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'seg-writer-'));
  try {
    return work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
