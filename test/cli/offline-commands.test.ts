import { afterAll, describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeWith, shared } from '../environment/peers.js';

const scratch = mkdtempSync(join(tmpdir(), 'caliper-cli-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

interface Line {
  readonly [key: string]: unknown;
}
const caliper = (...args: string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['bin/caliper.mjs', ...args], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  return {
    status,
    stdout,
    stderr,
    lines: stdout
      .split('\n')
      .filter((l) => l.startsWith('{'))
      .map((l) => JSON.parse(l) as Line),
  };
};

describe('caliper parse --json', () => {
  const reports = 'test/fixtures/reports';
  interface AxisJson {
    readonly points: readonly (readonly number[])[];
    readonly reportedMm: number;
    readonly recomputedMm: number | null;
  }

  test('one object a line and a file, with every documented key', () => {
    const files = ['dcmjs__0.4.7-aniso.dcm', 'negative__pyd-echo-tid5200.dcm', 'independent__gsps-single-line.dcm'].map(
      (f) => join(reports, f),
    );
    const { lines, status } = caliper('parse', '--json', ...files);
    expect(status).toBe(0);
    expect(lines.map((l) => [l['file'], l['kind']])).toEqual([
      [files[0], 'tid1500'],
      [files[1], 'negative'],
      [files[2], 'gsps'],
    ]);
    for (const line of lines)
      expect(Object.keys(line)).toEqual(
        expect.arrayContaining(['file', 'sopClassUID', 'kind', 'measurements', 'skipped']),
      );
    const [measurement] = lines[0]!['measurements'] as Line[];
    expect(Object.keys(measurement!)).toEqual(
      expect.arrayContaining([
        'trackingUID',
        'trackingIdentifier',
        'longAxis',
        'shortAxis',
        'image',
        'finding',
        'findingSite',
      ]),
    );
    expect(Object.keys(measurement!['longAxis'] as Line)).toEqual(
      expect.arrayContaining(['points', 'reportedMm', 'recomputedMm', 'code']),
    );
  });

  test.each(readdirSync(reports).filter((name) => name.startsWith('cornerstone3d__5') && name.endsWith('aniso.dcm')))(
    '%s: points as the file has them, lengths as its writer was told',
    (name) => {
      const oracle = JSON.parse(readFileSync(join(reports, `${name}.json`), 'utf8')) as {
        measurements: { longAxis: AxisJson; shortAxis: AxisJson }[];
      };
      const found = caliper('parse', '--json', join(reports, name)).lines[0]!['measurements'] as {
        longAxis: AxisJson;
        shortAxis: AxisJson;
      }[];
      expect(found).toHaveLength(oracle.measurements.length);
      found.forEach((measurement, i) => {
        for (const axis of ['longAxis', 'shortAxis'] as const) {
          const expected = oracle.measurements[i]![axis];
          measurement[axis].points
            .flat()
            .forEach((value, j) => expect(value).toBeCloseTo(expected.points.flat()[j]!, 1));
          expect(measurement[axis].reportedMm).toBeCloseTo(expected.reportedMm, 2);
          expect(measurement[axis].recomputedMm).toBeNull(); // no image among the files
        }
      });
    },
  );
});

describe('caliper parse: other carriers and explanations', () => {
  const carriers = 'test/fixtures/reports/carriers';

  test('annotations (AIM) and drawings (GSPS) are read without being asked', () => {
    const files = [
      'ncip-aim3-xml__0022BaselineA.xml',
      'independent__aim4-bidirectional-cm.json',
      'independent__gsps-two-lesions.dcm',
    ];
    const { lines, status } = caliper('parse', '--json', ...files.map((f) => join(carriers, f)));
    expect(status).toBe(0);
    expect(lines.map((l) => [l['kind'], (l['measurements'] as unknown[]).length])).toEqual([
      ['aim', 1],
      ['aim', 2],
      ['gsps', 2],
    ]);
    expect((lines[0]!['measurements'] as Line[])[0]!['findings']).toContain('points.origin-unknown');
  });

  test('--explain prints the tree', () => {
    const { stdout, status } = caliper('parse', '--explain', 'test/fixtures/reports/highdicom__0.28.2-lines.dcm');
    expect(status).toBe(0);
    expect(stdout).toContain('recognised as the role long-axis by value-and-scheme');
    expect(stdout).toContain('=> measurement');
  });

  test('--explain and --json are two things', () => {
    expect(caliper('parse', '--explain', '--json', 'x.dcm').status).toBe(2);
  });
});

describeWith({ shared: shared() }, 'reports that do not count', (peers) => {
  test('superseded, repeated and rejected reports are skipped with their reason; annotations are segmented', () => {
    const input = join(scratch, 'life');
    mkdirSync(input);
    const corpus = join(peers.shared, 'sr-corpus');
    for (const name of ['life-chain-1', 'life-chain-2', 'life-rejected', 'life-rejection-note', 'life-second-reader'])
      cpSync(join(corpus, 'independent', `${name}.dcm`), join(input, `${name}.dcm`));
    cpSync(join(corpus, 'independent/aim4-bidirectional-linear.json'), join(input, 'aim.json'));
    cpSync(join(corpus, 'ct/synthetic'), join(input, 'ct'), { recursive: true });
    cpSync(join(corpus, 'ct/ncip'), join(input, 'ct'), { recursive: true });
    const { lines, status } = caliper('segment', '--input', input, '--out', join(scratch, 'life-out'), '--json');
    expect(status).toBe(0);
    const counted = new Map<string, number>();
    for (const line of lines) {
      const key = `${String(line['outcome'])} ${String(line['reason'])}`;
      counted.set(key, (counted.get(key) ?? 0) + 1);
    }
    expect(Object.fromEntries(counted)).toEqual({
      'written null': 8,
      'skipped superseded': 3,
      'skipped rejected-by-note': 3,
    });
  });
});

describeWith({ shared: shared() }, 'the NCI AIM reports with their slices', (peers) => {
  test('each has an outcome, none crashes, and lengths are measured again from the images', () => {
    const input = join(scratch, 'nci');
    mkdirSync(input);
    cpSync(join(peers.shared, 'sr-corpus/ncip-aim3-sr'), join(input, 'reports'), { recursive: true });
    cpSync(join(peers.shared, 'sr-corpus/ct/ncip'), join(input, 'ct'), { recursive: true });
    const reports = readdirSync(join(input, 'reports'));
    const { lines, status, stderr } = caliper('segment', '--input', input, '--out', join(scratch, 'nci-out'), '--json');
    expect(status).toBe(0);
    expect(lines).toHaveLength(reports.length);
    expect(stderr).not.toMatch(/\n\s+at /);
    for (const line of lines) {
      expect(['written', 'held']).toContain(line['outcome']);
      expect(line['segUID']).toMatch(/^2\.25\./);
      expect(line['areaPx']).toBeGreaterThan(50);
    }

    const images = readdirSync(join(input, 'ct')).map((f) => join(input, 'ct', f));
    const parsed = caliper('parse', '--json', ...reports.map((f) => join(input, 'reports', f)), ...images);
    for (const [i, name] of reports.entries()) {
      const oracle = JSON.parse(
        readFileSync(join(peers.shared, 'sr-corpus/oracle', `ncip-aim3-sr__${name}.json`), 'utf8'),
      ) as { graphics: { recomputedMm?: number }[] };
      const [measurement] = parsed.lines[i]!['measurements'] as { longAxis: { recomputedMm: number } }[];
      const expected = oracle.graphics.map((g) => g.recomputedMm).filter((mm) => mm !== undefined);
      expect(expected.some((mm) => Math.abs(mm - measurement!.longAxis.recomputedMm) < 0.01)).toBe(true);
    }
  });

  test('the same input gives the same bytes, however often', () => {
    const bytes = (out: string) => {
      caliper('segment', '--input', join(scratch, 'nci'), '--out', join(scratch, out), '--json');
      return readdirSync(join(scratch, out, 'held')).filter((f) => f.endsWith('.dcm'));
    };
    expect(bytes('again')).toEqual(bytes('nci-out'));
  });
});

describe('help', () => {
  test.each(['run', 'once', 'check', 'parse', 'segment', 'demo'])(
    'caliper %s --help shows examples and exit codes',
    (command) => {
      const { status, stdout } = caliper(command, '--help');
      expect(status).toBe(0);
      expect(stdout).toContain('Examples:\n  $ caliper');
      expect(stdout).toContain('130  interrupted');
    },
  );

  test('the example configuration is a valid one', () => {
    const { status, stderr } = caliper('check', '--config', 'deploy/config.example.yaml');
    // everything but the secrets of that example is right
    expect(status).toBe(2);
    expect(stderr).toContain('the environment has no PACS_USER');
  });
});
