import { afterEach, expect, test } from '@jest/globals';
import { asReadUid, type StudyInstanceUid } from '../../src/domain/index.js';
import type { ReportNumber } from '../../src/ledger/index.js';
import { sweepAll, workUntilIdle, type WatchPlan, type World } from '../../src/pipeline/index.js';
import { altered, filesOf, type Natural } from './altered-phantom.js';
import { smallWorld, type SmallWorld } from './small-world.js';

let small: SmallWorld | undefined;
afterEach(async () => {
  await small?.close();
  small = undefined;
});

/** The report is the first that was seen. */
const DRAWING = 2 as ReportNumber;

const list = (value: unknown): Natural[] =>
  value === undefined ? [] : Array.isArray(value) ? (value as Natural[]) : [value as Natural];

function* scoords(item: Natural): Generator<Natural> {
  if (item['ValueType'] === 'SCOORD') yield item;
  for (const child of list(item['ContentSequence'])) yield* scoords(child);
}

/** The lines of the report as a workstation draws them, instead of the report. */
function drawInsteadOf(report: Natural): void {
  const lines = [...scoords(report)].filter((s) => s['GraphicType'] === 'POLYLINE');
  const image = list(list(lines[0]!['ContentSequence'])[0]!['ReferencedSOPSequence'])[0]!;
  delete report['ContentSequence'];
  delete report['CurrentRequestedProcedureEvidenceSequence'];
  Object.assign(report, {
    SOPClassUID: '1.2.840.10008.5.1.4.1.1.11.1',
    SOPInstanceUID: '2.25.331',
    SeriesInstanceUID: '2.25.332',
    Modality: 'PR',
    GraphicAnnotationSequence: [
      {
        ReferencedImageSequence: [image],
        GraphicLayer: 'LINES',
        GraphicObjectSequence: lines.map((line) => ({
          GraphicAnnotationUnits: 'PIXEL',
          GraphicDimensions: 2,
          NumberOfGraphicPoints: 2,
          GraphicData: line['GraphicData'],
          GraphicType: 'POLYLINE',
        })),
      },
    ],
  });
}

/** Stores the drawing beside the report that it shows. */
async function storeDrawing({ world }: SmallWorld): Promise<void> {
  const report = filesOf(undefined, 1).find(({ name }) => name.endsWith('-report.dcm'))!;
  const drawing = altered(report.bytes, drawInsteadOf);
  const answer = await world.sources.get('pacs')!.archive.store(asReadUid<StudyInstanceUid>('2.25.1001.1'), [drawing]);
  expect(answer.kind).toBe('stored');
}

async function work(world: World, carriers: WatchPlan['carriers']): Promise<void> {
  const plan: WatchPlan = {
    source: 'pacs',
    timeZone: 'UTC',
    layers: [{ days: 36_500, everyMs: 1000 }],
    carriers,
    since: undefined,
    quietHours: undefined,
  };
  const source = { ...world.sources.get('pacs')!, carriers };
  const reading = { ...world, sources: new Map([['pacs', source]]) };
  await sweepAll([plan], reading);
  await workUntilIdle('test', 1, reading, {
    sleep: (ms) => new Promise((done) => setTimeout(done, ms)),
    stopped: () => false,
  });
}

test('drawings are read only where their source says so, and then stored like reports', async () => {
  small = await smallWorld('live');
  await storeDrawing(small);
  const { ledger } = small.world;
  await work(small.world, []);
  expect(await ledger.reportByNumber(DRAWING)).toBeUndefined();
  await work(small.world, ['gsps']);
  const story = (await ledger.reportByNumber(DRAWING))!;
  expect(story.report.sopInstanceUID).toBe('2.25.331');
  expect(story.runs[0]!.measurements.map(({ outcome }) => outcome)).toEqual(['stored']);
});
