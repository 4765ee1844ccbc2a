import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decode } from 'fast-png';
import { dciodvfy, describeWith, orthanc, python, shared } from '../environment/peers.js';
import { deleteWithDatabases } from '../environment/state-folders.js';
import { startOrthanc, type RunningOrthanc } from '../environment/orthanc.js';

/**
 * The product's job on a real archive with real studies: reports by other people's libraries go in, `caliper once` runs as a user runs it, and
 * other people's readers say what came out.
 */
interface Lesion {
  readonly tumour: string;
  readonly image: string;
  readonly mask: string;
}
interface Decoded {
  readonly trackingUID: string;
  readonly segmentNumber: number;
  readonly image: string;
  readonly bySource: readonly (readonly [number, number])[];
  readonly byPlace: readonly (readonly [number, number])[];
}

const here = new URL('.', import.meta.url).pathname;
const lines = <T>(text: string): T[] =>
  text
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as T);

describeWith(
  { orthanc: orthanc(), python: python(), dciodvfy: dciodvfy(), shared: shared() },
  'from a report in Orthanc to a SEG stored and read back',
  (peers) => {
    const scratch = mkdtempSync(join(tmpdir(), 'caliper-real-'));
    const studies = join(peers.shared, 'data/studies');
    let archive: RunningOrthanc;
    const environment = { ...process.env, PACS_USER: 'caliper', PACS_PASSWORD: 'correct horse' };

    beforeAll(async () => {
      archive = await startOrthanc({ users: { caliper: 'correct horse' } });
    });
    afterAll(async () => {
      await archive.stop();
      await deleteWithDatabases(scratch);
    });

    const byHighdicom = (study: string, masks: string, out: string) =>
      lines<Lesion>(
        execFileSync(peers.python, [join(here, 'report_by_highdicom.py'), study, masks, out], { encoding: 'utf8' }),
      );
    const byDcmjs = (study: string, masks: string, out: string) =>
      lines<Lesion>(
        execFileSync(process.execPath, [join(here, 'report_by_dcmjs.mjs'), study, masks, out], {
          encoding: 'utf8',
          stdio: ['ignore', 'pipe', 'ignore'], // dcmjs prints a line for every VR that its dictionary leaves open
        }),
      );

    const upload = async (folder: string) => {
      for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true }))
        if (entry.isFile() && entry.name.endsWith('.dcm'))
          await archive.upload(readFileSync(join(entry.parentPath, entry.name)));
    };
    const caliper = (args: readonly string[], env: NodeJS.ProcessEnv = environment) =>
      spawnSync(process.execPath, ['bin/caliper.mjs', ...args], { encoding: 'utf8', env });
    const configuration = (name: string, url = archive.url) => {
      const file = join(scratch, `${name}.yaml`);
      writeFileSync(
        file,
        `archives:
  - name: orthanc
    url: ${url}
    credentials: { basic: { user: env:PACS_USER, password: env:PACS_PASSWORD } }
    budget: { requestsPerSecond: 500, megabytesPerSecond: 500 }
sources: [{ archive: orthanc, watch: [{ studyDates: 20000d, every: 1m }] }]
destinations: [{ archive: orthanc, mode: live, storeFrom: always }]
rules: [{ name: lesions, store: { to: [orthanc], holdBelowAgreement: 0 } }]
stateFolder: ${join(scratch, `${name}-state`)}
`,
      );
      return file;
    };

    /** Every SEG in the archive, checked by dciodvfy and decoded by highdicom against its sources. */
    const decoded = async (sources: string): Promise<readonly Decoded[]> => {
      const out: Decoded[] = [];
      for (const [sop, bytes] of await archive.files()) {
        const file = join(scratch, 'seg.dcm');
        writeFileSync(file, bytes);
        const checked = spawnSync(peers.dciodvfy, ['-new', file], { encoding: 'utf8' });
        if (!checked.stderr.includes('Segmentation') && !checked.stdout.includes('Segmentation')) continue;
        expect({ sop, errors: checked.stderr.split('\n').filter((l) => l.startsWith('Error')) }).toEqual({
          sop,
          errors: [],
        });
        out.push(
          ...lines<Decoded>(
            execFileSync(peers.python, [join(here, 'decode_segmentation.py'), file, sources], { encoding: 'utf8' }),
          ),
        );
      }
      return out;
    };

    const diceWith = (maskFile: string, runs: Decoded['bySource']): number => {
      const png = decode(readFileSync(maskFile));
      const bit = (p: number) => {
        if (png.depth !== 1) return png.data[p * png.channels]! > 0 ? 1 : 0;
        const stride = Math.ceil(png.width / 8);
        const row = Math.floor(p / png.width);
        const column = p % png.width;
        return (png.data[row * stride + (column >> 3)]! >> (7 - (column & 7))) & 1;
      };
      let truth = 0;
      for (let p = 0; p < png.width * png.height; p++) truth += bit(p);
      let area = 0;
      let both = 0;
      for (const [start, length] of runs) {
        area += length;
        for (let p = start; p < start + length; p++) both += bit(p);
      }
      return (2 * both) / (truth + area);
    };

    const CASES: readonly {
      readonly name: string;
      readonly prepare: () => { readonly study: string; readonly lesions: readonly Lesion[] };
      readonly atLeast: number;
    }[] = [
      {
        name: 'lidc-idri-0001, report by highdicom',
        atLeast: 0.7,
        prepare: () => {
          const study = join(studies, 'lidc-idri-0001/ct');
          return { study, lesions: byHighdicom(study, join(studies, 'lidc-idri-0001/masks.csv'), scratch) };
        },
      },
      {
        name: 'sts-008, report by dcmjs',
        atLeast: 0.85,
        prepare: () => {
          const study = join(studies, 'variety/sts-008/CT/image');
          return { study, lesions: byDcmjs(study, join(studies, 'variety/sts-008/CT/masks.csv'), scratch) };
        },
      },
      {
        name: 'ircad-1-17 with repaired headers, report by highdicom',
        atLeast: 0.8,
        prepare: () => {
          const study = join(scratch, 'ircad-repaired');
          execFileSync(peers.python, [
            join(here, 'repair_headers.py'),
            join(studies, 'ircad-1-17/PATIENT_DICOM'),
            study,
          ]);
          return { study, lesions: byHighdicom(study, join(studies, 'ircad-1-17/masks.csv'), scratch) };
        },
      },
    ];

    test.each(CASES)('$name', async ({ name, prepare, atLeast }) => {
      await archive.empty();
      const { study, lesions } = prepare();
      await upload(study);
      for (const report of readdirSync(scratch).filter((f) => /^report-.*\.dcm$/.test(f))) {
        await archive.upload(readFileSync(join(scratch, report)));
        rmSync(join(scratch, report));
      }
      const config = configuration(name.slice(0, 5));
      const first = caliper(['once', '--config', config]);
      expect({ status: first.status, out: first.stdout, err: first.status === 0 ? '' : first.stderr }).toMatchObject({
        status: 0,
      });

      process.stderr.write(first.stdout + first.stderr);
      const segments = await decoded(study);
      expect(segments).toHaveLength(lesions.length);
      for (const lesion of lesions) {
        const segment = segments.find((s) => s.image === lesion.image && diceWith(lesion.mask, s.bySource) > 0.2);
        expect(segment).toBeDefined();
        expect(segment!.byPlace).toEqual(segment!.bySource);
        const dice = diceWith(lesion.mask, segment!.bySource);
        process.stderr.write(`${name}: ${lesion.tumour}: Dice against the expert mask ${dice.toFixed(3)}\n`);
        expect(dice).toBeGreaterThan(atLeast);
      }

      // again: nothing new; and with the ledger gone, the archive is enough to know that all is there
      const instances = await archive.count();
      expect(caliper(['once', '--config', config]).status).toBe(0);
      const amnesia = caliper(['once', '--config', configuration(`${name.slice(0, 5)}-amnesia`), '--json']);
      expect(amnesia.status).toBe(0);
      const [told] = lines<{ measurements: { outcome: string }[] }>(amnesia.stdout);
      expect(told!.measurements.map((m) => m.outcome)).toEqual(lesions.map(() => 'already-stored'));
      expect(await archive.count()).toBe(instances);
    });

    test('ircad-1-17 as it was published is refused by name: it has no Frame of Reference UID', async () => {
      await archive.empty();
      const study = join(scratch, 'ircad-original');
      mkdirSync(study);
      for (const file of readdirSync(join(studies, 'ircad-1-17/PATIENT_DICOM')))
        writeFileSync(join(study, `${file}.dcm`), readFileSync(join(studies, 'ircad-1-17/PATIENT_DICOM', file)));
      byHighdicom(study, join(studies, 'ircad-1-17/masks.csv'), scratch);
      await upload(study);
      await archive.upload(readFileSync(join(scratch, 'report-highdicom.dcm')));
      rmSync(join(scratch, 'report-highdicom.dcm'));
      const ran = caliper(['once', '--config', configuration('ircad-original'), '--json']);
      const [told] = lines<{ measurements: { outcome: string; reason: string }[] }>(ran.stdout);
      expect(told!.measurements.map((m) => m.reason)).toEqual(['no-frame-of-reference', 'no-frame-of-reference']);
      expect(ran.status).toBe(1);
    });

    test('wrong credentials, and an archive that is not there: a reason each, exit 1', () => {
      const wrong = caliper(['once', '--config', configuration('wrong')], { ...environment, PACS_PASSWORD: 'wrong' });
      expect(wrong.status).toBe(1);
      expect(wrong.stderr).toContain('archive-unauthorised');
      expect(wrong.stderr).not.toContain('correct horse');
      const gone = caliper(['once', '--config', configuration('gone', 'http://127.0.0.1:9/dicom-web')]);
      expect(gone.status).toBe(1);
      expect(gone.stderr).toContain('archive-unreachable');
    });

    test('check says what works, and what is wrong', () => {
      const good = caliper(['check', '--config', configuration('check'), '--json']);
      expect(lines<{ works: boolean }>(good.stdout).filter((row) => !row.works)).toEqual([]);
      expect(good.status).toBe(0);
      const wrong = caliper(['check', '--config', configuration('check-wrong'), '--json'], {
        ...environment,
        PACS_PASSWORD: 'wrong',
      });
      expect(wrong.status).toBe(1);
      expect(wrong.stdout).toContain('archive-unauthorised');
    });
  },
);
