/** One process of chain.mjs: `{ ms, mb }`, the median time of a lesion and by how much the process's memory has grown at its highest. */
import { refineByCrfOn, segmentLesionOn, WorkspaceShelf } from '../../dist/segmentation/index.js';
import { seededRandom } from '../../dist/segmentation/seeded-random.js';
import { marksOf } from './lesion-rows.mjs';
import { median, timed } from './side-by-side.mjs';

const [longPx, method] = [Number(process.argv[2]), process.argv[3]];
/** Short over long axis: DeepLesion's median. */
const RATIO = 0.75;
const SIDE = 512;

const random = seededRandom(7);
const noise = () => 18 * Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
const centre = 255.4;
const [a, b] = [longPx / 2, (RATIO * longPx) / 2];
const hu = Float32Array.from({ length: SIDE * SIDE }, (_, p) => {
  const r = Math.hypot(((p % SIDE) - centre) / (a + 0.5), (Math.floor(p / SIDE) - centre) / (b + 0.5));
  return Math.round((r < 1 ? 80 : 25) + noise());
});
const ends = [centre - a, centre, centre + a, centre, centre, centre - b, centre, centre + b];
const task = {
  hu,
  rows: SIDE,
  columns: SIDE,
  spacing: { betweenColumns: 0.8, betweenRows: 0.8 },
  marks: marksOf(ends),
  method: 'grabcut',
};

const shelf = new WorkspaceShelf();
const lesion = () => {
  const result = segmentLesionOn(shelf, task);
  if (!result.ok) throw new Error(result.error);
  if (method === 'grabcut+crf') refineByCrfOn(shelf, task, result.value);
};
const before = process.resourceUsage().maxRSS;
const times = Array.from({ length: 60 }, () => timed(lesion));
const after = process.resourceUsage().maxRSS;
console.log(JSON.stringify({ ms: median(times.slice(20)), mb: (after - before) / 1024 }));
