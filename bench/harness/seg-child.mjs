// Our side of seg.mjs, one process a run. argv: frames, `one` segment or one for `each` frame, how often again. stdout: JSON.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { copyElement, encodePart10, imagePlaneOf, readPart10 } from '../../dist/dicom/index.js';
import { TAG } from '../../dist/domain/index.js';
import { writeSegmentations } from '../../dist/seg-writer/index.js';
import { median } from './side-by-side.mjs';

const [frames, segments, again] = [Number(process.argv[2]), process.argv[3], Number(process.argv[4])];
const SIZE = 512;
const source = readPart10(readFileSync(join(import.meta.dirname, '../../test/fixtures/ct/phantom/0003.dcm'))).value
  .dataSet;

function sliceAt(index) {
  const elements = new Map(
    source
      .tags()
      .filter((tag) => tag !== TAG.PixelData)
      .map((tag) => [tag, copyElement(source, tag)]),
  );
  elements.set(TAG.Rows, { vr: 'US', values: [SIZE] });
  elements.set(TAG.Columns, { vr: 'US', values: [SIZE] });
  elements.set(TAG.SOPInstanceUID, { vr: 'UI', values: [`2.25.${index + 1}`] });
  elements.set(TAG.ImagePositionPatient, { vr: 'DS', values: ['-20', '-25', String(index * 2.5)] });
  const header = readPart10(encodePart10(elements)).value.dataSet;
  const reference = { sopClassUID: undefined, sopInstanceUID: `2.25.${index + 1}`, frame: undefined };
  return { header, lossy: false, hu: new Float32Array(0), reference, plane: imagePlaneOf(header, undefined).value };
}

/** A disc of 40 pixels, elsewhere on each slice. */
function discAt(index) {
  // filled, so that its memory is there before the clock starts
  const bits = new Uint8Array(SIZE * SIZE).fill(0);
  const row = 100 + ((index * 37) % 312);
  const column = 100 + ((index * 53) % 312);
  for (let y = -20; y <= 20; y++)
    for (let x = -20; x <= 20; x++) if (x * x + y * y < 400) bits[(row + y) * SIZE + column + x] = 1;
  return { rows: SIZE, columns: SIZE, bits };
}

const slices = Array.from({ length: frames }, (_, index) => ({ slice: sliceAt(index), mask: discAt(index) }));
const point = { space: 'pixel-index', column: 1, row: 1 };
const lesionOf = ({ slice, mask }, index) => ({
  located: {
    measurement: { key: `1.6.${index + 1}`, shape: 'A', findings: [], image: slice.reference },
    slice,
    marks: { longAxis: [point, point], shortAxis: undefined },
    longAxisMm: 30,
    shortAxisMm: 30,
    findings: [],
  },
  mask,
  method: 'grabcut',
  agreement: 0.9,
  axes: { longAxis: [point, point], shortAxis: [point, point], longAxisMm: 30, shortAxisMm: 30 },
  areaPx: 1256,
  areaMm2: 700,
  findings: [],
});
const lesions = segments === 'one' ? [lesionOf(slices[0], 0)] : slices.map(lesionOf);
const request = {
  report: {
    kind: 'tid1500',
    sopClassUID: '1.2.840.10008.5.1.4.1.1.88.33',
    sopInstanceUID: '2.25.1000001',
    seriesInstanceUID: '2.25.1000002',
    studyInstanceUID: source.text(TAG.StudyInstanceUID),
    seriesNumber: 2,
    predecessors: [],
    identicalDocuments: [],
    measurements: lesions.map(({ located }) => located.measurement),
    skipped: [],
    findings: [],
    evidence: [],
  },
  lesions,
  ...(segments === 'one' ? { slicesOf: new Map([['1.6.1', slices]]) } : {}),
  equipment: { installationId: 'bench', softwareVersion: '0' },
  createdAt: new Date(0),
  policyName: 'bench',
};

function once() {
  const start = performance.now();
  const { objects, refused } = writeSegmentations(request);
  const ms = performance.now() - start;
  if (objects.length !== 1 || refused.length > 0) throw new Error('not one object');
  return ms;
}
const first = once();
const peakMB = process.resourceUsage().maxRSS / 1024;
const after = Array.from({ length: again }, once);
process.stdout.write(JSON.stringify({ first, again: again > 0 ? median(after) : undefined, peakMB }));
