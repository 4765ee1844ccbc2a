import { describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decode } from 'fast-png';
import { dataSetFromJson } from '../../src/dicom/index.js';
import {
  fail,
  mm,
  ok,
  patientPoint,
  pixelIndex,
  type LocatedMeasurement,
  type DataSet,
  type SopInstanceUid,
  type Vector3,
} from '../../src/domain/index.js';
import { windows } from '../../src/harvest/calendar.js';
import type { IdentityEntry, PartitionEntry } from '../../src/harvest/entries.js';
import { ageYearsOf, coarseTypeOf, heldBack, vendorOf } from '../../src/harvest/header-facts.js';
import { Journal } from '../../src/harvest/journal.js';
import { Latency } from '../../src/harvest/latency.js';
import { dicomDate, months, split } from '../../src/harvest/partitions.js';
import { ArchiveGone, Patience } from '../../src/harvest/patience.js';
import { patientsAmong, type PatientRegistry } from '../../src/harvest/patients.js';
import { Pseudonyms } from '../../src/harvest/pseudonyms.js';
import { isQuietAt } from '../../src/harvest/quiet-hours.js';
import { labelsOnSlice } from '../../src/harvest/seed-label-picture.js';
import { around, numbered } from '../../src/harvest/series-places.js';
import { huPng, labelPng } from '../../src/pictures/index.js';
import { shapeBetweenMarks } from '../../src/harvest/shape-between-marks.js';
import { seedLabels, segmentLesion, type SegmentationTask } from '../../src/segmentation/index.js';
import { describeWith, python } from '../environment/peers.js';

const names = new Pseudonyms('a key of a test, thirty-two characters or more');

describe('the calendar', () => {
  test('months cover every day once, leap years too, and are cut at both ends', () => {
    expect(months('20190115', '20190310').map((m) => `${m.from}-${m.to}`)).toEqual([
      '20190115-20190131',
      '20190201-20190228',
      '20190301-20190310',
    ]);
    expect(months('20200201', '20200301')[0]).toEqual({ width: 'month', from: '20200201', to: '20200229' });
    expect(months('20200302', '20200301')).toEqual([]);
  });

  test('a month splits into weeks and a week into days without losing one', () => {
    const weeks = split({ width: 'month', from: '20210201', to: '20210228' })!;
    expect(weeks.map((w) => w.to)).toEqual(['20210207', '20210214', '20210221', '20210228']);
    const days = weeks.flatMap((week) => split(week)!);
    expect(days).toHaveLength(28);
    expect(days.every((day) => day.from === day.to)).toBe(true);
    expect(split(days[0]!)).toBeUndefined();
  });

  test('a day that is none is refused', () => {
    expect([
      dicomDate('2020-02-29'),
      dicomDate('20200131'),
      dicomDate('2021-02-29'),
      dicomDate('20201301'),
      dicomDate('1'),
    ]).toEqual(['20200229', '20200131', undefined, undefined, undefined]);
  });

  test('a window that an archive does not give whole is asked for in pieces, and windows after a large one are narrower', async () => {
    const asked: string[] = [];
    const search = (partition: PartitionEntry['partition']): Promise<PartitionEntry> => {
      asked.push(`${partition.width} ${partition.from}`);
      const isTooLarge = partition.width === 'month' && partition.from === '20200101';
      const many = partition.from === '20200108' ? 2500 : 0;
      return Promise.resolve({
        kind: 'partition',
        source: 'a',
        partition,
        result: isTooLarge
          ? { kind: 'split' }
          : { kind: 'listed', found: Array.from({ length: many }, (_, i) => ['s', 's', String(i), null] as const) },
      });
    };
    const done: number[] = [];
    for await (const window of windows('20200101', '20200331', search)) done.push(window.monthsDone);
    expect(asked.slice(0, 6)).toEqual([
      'month 20200101',
      'week 20200101',
      'week 20200108',
      'week 20200115',
      'week 20200122',
      'week 20200129',
    ]);
    expect(asked[6]).toBe('day 20200201');
    expect(asked.at(-1)).toBe('month 20200301');
    expect(done.at(-1)).toBe(3);
  });

  test('quiet hours go over midnight and by the clock of the place', () => {
    const hours = { fromMinute: 22 * 60, toMinute: 6 * 60 };
    const at = (utc: string) => isQuietAt(hours, 'Europe/Berlin', Date.parse(utc));
    expect([
      at('2026-01-10T20:59:00Z'),
      at('2026-01-10T21:00:00Z'),
      at('2026-01-11T04:59:00Z'),
      at('2026-01-11T05:00:00Z'),
    ]).toEqual([false, true, true, false]);
    expect(isQuietAt(undefined, 'UTC', 0)).toBe(false);
  });
});

describe('patients', () => {
  const nobody: PatientRegistry = { format: 'caliper-patients/1', harvests: 0, nodes: {}, ids: {} };
  const seen = (patient: string, study: string, lesionUid: string | null = null): IdentityEntry => ({
    patient: names.of('patient-id', `${patient}\n`, 24),
    patientAnyIssuer: names.of('patient-id-any-issuer', patient, 24),
    study: names.of('study', study, 24),
    lesionUid,
    lesionName: null,
    observer: '',
    moment: null,
  });

  test('are one by identifier, by study and by lesion', () => {
    const rows = [
      seen('A', '1'),
      seen('A', '2'),
      seen('B', '2'),
      seen('C', '3', 'l'),
      seen('D', '4', 'l'),
      seen('E', '5'),
    ];
    const found = patientsAmong(rows, nobody, names, []);
    const [a, a2, b, c, d, e] = rows.map((row) => found.patientOf(row).pseudonym);
    expect([a2, b]).toEqual([a, a]);
    expect(d).toBe(c);
    expect(new Set([a, c, e]).size).toBe(3);
  });

  test('keep pseudonym, split and shift when the set grows; on a merge the older ones win, whatever the order of rows', () => {
    const letters = Array.from({ length: 200 }, (_, i) => `P${i}`);
    const first = patientsAmong(
      letters.map((p) => seen(p, p)),
      nobody,
      names,
      [],
    );
    const joined = letters.flatMap((p, i) => [
      seen(p, p),
      seen(`new-${i}`, p),
      seen(`other-${i}`, `o${i}`),
      seen(p, `o${i}`),
    ]);
    const before = letters.map((p) => first.patientOf(seen(p, p)));
    for (const rows of [joined, [...joined].reverse()]) {
      const second = patientsAmong(rows, first.registry, names, []);
      expect(letters.map((p) => second.patientOf(seen(p, p)))).toEqual(before);
      expect(letters.map((_, i) => second.patientOf(seen(`other-${i}`, `o${i}`)))).toEqual(before);
      const third = patientsAmong(
        letters.map((_, i) => seen(`other-${i}`, 'elsewhere' + i)),
        second.registry,
        names,
        [],
      );
      expect(letters.map((_, i) => third.patientOf(seen(`other-${i}`, 'elsewhere' + i)))).toEqual(before);
    }
    const shares = before.map((p) => p.split);
    expect(shares.filter((s) => s === 'train').length).toBeGreaterThan(110);
    expect(new Set(shares).size).toBe(3);
    expect(before.every((p) => p.shiftDays >= 1 && p.shiftDays <= 365)).toBe(true);
  });

  test('of two that were met at different times the older one founds', () => {
    const one = patientsAmong([seen('A', '1')], nobody, names, []);
    const two = patientsAmong([seen('A', '1'), seen('B', '2')], one.registry, names, []);
    const wanted = one.patientOf(seen('A', '1'));
    const merged = patientsAmong([seen('B', '1')], two.registry, names, []);
    expect(merged.patientOf(seen('B', '2'))).toEqual(wanted);
    // entering the same once more changes nothing
    expect(patientsAmong([seen('B', '1')], merged.registry, names, []).registry).toEqual(merged.registry);
  });

  test('who withdrew may be named by any identifier, also by one that only earlier harvests saw, or by a pseudonym', () => {
    const one = patientsAmong([seen('OLD', '1'), seen('OTHER', '9')], nobody, names, []);
    const rows = [seen('NEW', '1'), seen('OTHER', '9')];
    const gone = (withdrawn: string[]) => {
      const found = patientsAmong(rows, one.registry, names, withdrawn);
      return rows.map((row) => found.patientOf(row).isWithdrawn);
    };
    expect(gone([])).toEqual([false, false]);
    expect(gone(['OLD'])).toEqual([true, false]);
    expect(gone(['NEW'])).toEqual([true, false]);
    expect(gone(['NEW|'])).toEqual([true, false]);
    expect(gone(['NEW|ELSEWHERE'])).toEqual([false, false]);
    expect(gone([one.patientOf(seen('OLD', '1')).pseudonym])).toEqual([true, false]);
  });
});

describe('slices of a series', () => {
  const at = (instance: string, z: number, normal: 'up' | 'down' = 'up') => ({
    instance: instance as SopInstanceUid,
    plane: {
      rows: 4,
      columns: 4,
      spacing: { betweenRows: mm(1), betweenColumns: mm(1) },
      position: patientPoint(0, 0, z),
      rowDirection: [1, 0, 0] as Vector3,
      columnDirection: (normal === 'up' ? [0, 1, 0] : [0, -1, 0]) as Vector3,
      frameOfReferenceUID: undefined,
    },
  });

  test('are numbered towards the feet whatever their order and orientation', () => {
    for (const normal of ['up', 'down'] as const) {
      const { slices, intervalMm } = numbered([
        at('a', 0, normal),
        at('b', 10, normal),
        at('c', 5, normal),
        at('d', 15, normal),
      ]);
      expect(slices.map((s) => s.instance)).toEqual(['d', 'b', 'c', 'a']);
      expect(intervalMm).toBe(5);
    }
  });

  test('a place that was stored twice gives one neighbour, and the marked one of the two stays', () => {
    const places = numbered([at('a', 0), at('b', 5), at('b2', 5), at('c', 10), at('c2', 10), at('d', 25)]);
    const centre = places.slices.find((s) => s.instance === 'b2')!;
    expect(around(places, centre, 5).map((s) => s.instance)).toEqual(['c', 'b2', 'a']);
    expect(around(places, centre, 0)).toEqual([centre]);
  });
});

describe('what may leave of a header', () => {
  const header = (attributes: Record<string, [vr: string, ...values: unknown[]]>): DataSet => {
    const json = Object.fromEntries(Object.entries(attributes).map(([tag, [vr, ...Value]]) => [tag, { vr, Value }]));
    const read = dataSetFromJson(json);
    if (!read.ok) throw new Error(read.error);
    return read.value;
  };
  const CT: [string, string] = ['UI', '1.2.840.10008.5.1.4.1.1.2'];

  test('captures and images that say so are held back', () => {
    expect(heldBack(header({ '00080016': CT }))).toBeUndefined();
    expect(heldBack(header({ '00080016': CT, '00280301': ['CS', 'YES'] }))).toBe('burned-in-annotation');
    expect(heldBack(header({ '00080016': CT, '00280302': ['CS', 'YES'] }))).toBe('burned-in-annotation');
    expect(heldBack(header({ '00080016': CT, '00080064': ['CS', 'WSD'] }))).toBe('secondary-capture');
    expect(heldBack(header({ '00080016': CT, '00080008': ['CS', 'DERIVED', 'SECONDARY', 'SCREEN SAVE'] }))).toBe(
      'secondary-capture',
    );
    expect(
      heldBack(header({ '00080016': CT, '00080008': ['CS', 'DERIVED', 'SECONDARY', 'REFORMATTED'] })),
    ).toBeUndefined();
    expect(heldBack(header({ '00080016': ['UI', '1.2.840.10008.5.1.4.1.1.7'] }))).toBe('secondary-capture');
    expect(heldBack(header({ '00080016': ['UI', '1.2.840.10008.5.1.4.1.1.4'] }))).toBe('wrong-modality');
  });

  test('ages, makers and places are numbers and words of ours', () => {
    const age = (text: string) => ageYearsOf(header({ '00101010': ['AS', text] }));
    expect([age('045Y'), age('097Y'), age('018M'), age('006W'), age('forty')]).toEqual([45, 90, 1, 0, null]);
    expect(ageYearsOf(header({ '00100030': ['DA', '19800615'], '00080020': ['DA', '20200614'] }))).toBe(39);
    expect(vendorOf(header({ '00080070': ['LO', 'SIEMENS Healthineers of John Doe'] }))).toBe('Siemens');
    expect(vendorOf(header({ '00080070': ['LO', 'John Doe'] }))).toBe('other');
    const site = (value: string, meaning: string) => coarseTypeOf({ value, scheme: 'SCT', meaning });
    expect([
      site('39607008', ''),
      site('x', 'Right lobe of liver'),
      site('x', 'John Doe'),
      coarseTypeOf(undefined),
    ]).toEqual([5, 4, -1, -1]);
  });
});

describe('patience', () => {
  const worldAt = () => {
    let time = 0;
    const waits: number[] = [];
    return {
      waits,
      world: {
        now: () => time,
        sleep: (ms: number) => {
          time += ms;
          waits.push(ms);
          return Promise.resolve();
        },
        stopped: () => false,
        isQuiet: () => time < 3_600_000 && waits.length > 1e9,
        waiting: () => undefined,
      },
    };
  };

  test('an archive that is away for half an hour costs half an hour', async () => {
    const { world } = worldAt();
    const patience = new Patience('a', 90 * 60_000, world);
    const answer = await patience.ask(() =>
      Promise.resolve(world.now() < 30 * 60_000 ? fail({ code: 'archive-unreachable' as const }) : ok('here')),
    );
    expect(answer).toEqual(ok('here'));
    expect(world.now()).toBeLessThan(32 * 60_000);
  });

  test('one that stays away ends it; wrong credentials end it at once', async () => {
    const { world } = worldAt();
    const patience = new Patience('a', 60_000, world);
    await expect(patience.ask(() => Promise.resolve(fail({ code: 'archive-unreachable' as const })))).rejects.toThrow(
      ArchiveGone,
    );
    const { world: other, waits } = worldAt();
    await expect(
      new Patience('a', 60_000, other).ask(() => Promise.resolve(fail({ code: 'archive-unauthorised' as const }))),
    ).rejects.toThrow(ArchiveGone);
    expect(waits).toEqual([]);
  });

  test('an object that alone cannot be had is lost by its reason; Retry-After is kept', async () => {
    const { world, waits } = worldAt();
    const patience = new Patience('a', 3_600_000, world);
    const broken = patience.ask(() => Promise.resolve(fail({ code: 'archive-error' as const })));
    await patience.ask(() => Promise.resolve(ok(1)));
    expect(await broken).toEqual(fail('archive-error'));
    waits.length = 0;
    let busy = 1;
    await patience.ask(() =>
      Promise.resolve(busy-- > 0 ? fail({ code: 'archive-busy' as const, retryAfter: 7000 as never }) : ok(1)),
    );
    expect(waits.reduce((a, b) => a + b, 0)).toBe(7000);
  });

  test('rising latency slows a harvest down, and falling latency lets it go on', () => {
    const latency = new Latency();
    for (let i = 0; i < 60; i++) latency.took('retrieve', 40 + (i % 5));
    expect(latency.pauseMs()).toBe(0);
    for (let i = 0; i < 30; i++) latency.took('retrieve', 1500);
    const slow = latency.pauseMs();
    expect(slow).toBeGreaterThan(1000);
    for (let i = 0; i < 80; i++) latency.took('retrieve', 40);
    expect(latency.pauseMs()).toBe(0);
  });
});

describe('labels of a slice', () => {
  test('computed where there is something are those of the whole slice, at its borders too', () => {
    const [rows, columns] = [40, 30];
    const disc = (row: number, column: number, radius: number) => ({
      rows,
      columns,
      bits: Uint8Array.from({ length: rows * columns }, (_, p) =>
        Math.hypot(Math.floor(p / columns) - row, (p % columns) - column) <= radius ? 1 : 0,
      ),
    });
    for (const [row, column, radius] of [
      [20, 15, 6],
      [0, 0, 7],
      [39, 29, 3],
      [20, 29, 9],
      [20, 15, 60],
      [5, 5, 0],
    ] as const) {
      const [mask, other] = [disc(row, column, radius), disc(row + 1, column - 2, radius + 1)];
      expect(labelsOnSlice(mask, other)).toEqual(seedLabels(mask, other));
      expect(labelsOnSlice(other, mask)).toEqual(seedLabels(other, mask));
    }
  });
});

describe('the journal', () => {
  test('a line that was not finished is cut off, and what was is kept', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'caliper-journal-'));
    const path = join(folder, 'journal.jsonl');
    const first = await Journal.open(path);
    if (!first.ok) throw new Error(first.error);
    await Promise.all(['a', 'b', 'c'].map((report) => first.value.add({ kind: 'note', report, rejects: [] })));
    await first.value.close();
    const whole = readFileSync(path);
    for (let cut = 0; cut < whole.length; cut += 7) {
      writeFileSync(path, whole.subarray(0, whole.length - cut));
      const again = await Journal.open(path);
      if (!again.ok) throw new Error(again.error);
      const kept = await again.value.all();
      await again.value.close();
      const left = readFileSync(path, 'utf8');
      expect(left === '' || left.endsWith('\n')).toBe(true);
      expect(kept).toHaveLength(left.split('\n').length - 1);
    }
    writeFileSync(path, 'not JSON\n');
    expect(await Journal.open(path)).toEqual(fail('damaged'));
    rmSync(folder, { recursive: true });
  });
});

describe('pictures of slices and labels', () => {
  const hu = Float32Array.from({ length: 7 * 5 }, (_, i) => (i === 0 ? -40_000 : i === 1 ? 40_000 : -1024 + 97.4 * i));
  const stored = Array.from(hu, (v) => Math.max(0, Math.min(65535, Math.round(v + 32768))));

  test('are read back by another decoder', () => {
    const png = decode(huPng({ rows: 5, columns: 7 }, hu), { checkCrc: true });
    expect([png.width, png.height, png.depth, png.channels, [...png.data]]).toEqual([7, 5, 16, 1, stored]);
    const labels = decode(labelPng({ rows: 2, columns: 3 }, Uint8Array.of(0, 128, 255, 255, 128, 0)), {
      checkCrc: true,
    });
    expect([labels.depth, labels.channels, [...labels.data]]).toEqual([8, 1, [0, 128, 255, 255, 128, 0]]);
  });

  describeWith({ python: python() }, 'with Pillow', (peers) => {
    test('as 16-bit grey', () => {
      const folder = mkdtempSync(join(tmpdir(), 'caliper-png-'));
      writeFileSync(join(folder, 'a.png'), huPng({ rows: 5, columns: 7 }, hu));
      const said = execFileSync(
        peers.python,
        [
          '-c',
          'import sys,json\nfrom PIL import Image\ni=Image.open(sys.argv[1])\nprint(json.dumps([i.mode,i.size,[i.getpixel((c,r)) for r in range(i.height) for c in range(i.width)]]))',
          join(folder, 'a.png'),
        ],
        { encoding: 'utf8' },
      );
      expect(JSON.parse(said)).toEqual(['I;16', [7, 5], stored]);
      rmSync(folder, { recursive: true });
    });
  });
});

describe('the shape between marks', () => {
  test('on a piece of the slice is that of the whole slice', async () => {
    const [rows, columns] = [200, 240];
    const kernels = { segment: (task: SegmentationTask) => Promise.resolve(segmentLesion(task)) };
    const hu = new Float32Array(rows * columns);
    for (const [x, y, half, angle] of [
      [100, 90, 20, 0.3],
      [12, 10, 8, 1.1],
      [230, 190, 9, 2],
      [120, 100, 90, 0.1],
      [60.4, 150.7, 2.5, 0.8],
    ] as const) {
      const line = (length: number, turn: number) =>
        [
          pixelIndex(x - length * Math.cos(turn), y - length * Math.sin(turn)),
          pixelIndex(x + length * Math.cos(turn), y + length * Math.sin(turn)),
        ] as const;
      const marks = { longAxis: line(half, angle), shortAxis: line(0.6 * half, angle + Math.PI / 2) };
      const spacing = { betweenRows: mm(0.8), betweenColumns: mm(0.7) };
      const whole = segmentLesion({ hu, rows, columns, spacing, marks, method: 'superellipse' });
      const piece = await shapeBetweenMarks(
        { marks, slice: { hu, plane: { rows, columns, spacing } } } as unknown as LocatedMeasurement,
        kernels,
      );
      expect(whole.ok && piece.ok).toBe(true);
      if (!whole.ok || !piece.ok) continue;
      let differ = 0;
      whole.value.mask.bits.forEach((bit, p) => (differ += bit === piece.value.bits[p] ? 0 : 1));
      // a rounding at the outline at most
      expect(differ).toBeLessThanOrEqual(1);
    }
  });
});
