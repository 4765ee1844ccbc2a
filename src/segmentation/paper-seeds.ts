import { squaredDistances } from './distance-transform.js';
import type { GrabCutWorkspace } from './grabcut/grab-cut.js';
import type { GridPlan } from './grabcut/grid.js';
import { DEAD, PROBABLE_BACKGROUND, PROBABLE_FOREGROUND, SURE_BACKGROUND, SURE_FOREGROUND } from './grabcut/seeds.js';
import type { MeasuredMarks, Segment } from './lesion-frame.js';
import { pixelsFromMark } from './mark-pixels.js';
import { cutToSlice, type Window } from './window.js';

/**
 * Seeding of the paper (Agarwal et al., arXiv 2001.08590, after Cai et al., MICCAI 2018), as far as it can be read from them: a region twice the
 * marks' box, its outer half sure background, a tenth of it along the marks sure foreground, the rest probable by distance.
 */
export interface PaperRegion {
  readonly window: Window;
  readonly centre: { readonly x: number; readonly y: number };
  /** Of the tight box around the marks, at least a pixel. */
  readonly width: number;
  readonly height: number;
}

const REGION = 2;
/** The outer half of the region's area is background. */
const INNER = REGION * Math.SQRT1_2;
const FOREGROUND_SHARE = 0.1;
const SLACK_PX = 1e-6;

export function paperRegion(marks: MeasuredMarks, size: { rows: number; columns: number }): PaperRegion {
  const ends = segmentsOf(marks).flatMap(({ from, to }) => [from, to]);
  const xs = ends.map((end) => end.x);
  const ys = ends.map((end) => end.y);
  const centre = { x: (Math.min(...xs) + Math.max(...xs)) / 2, y: (Math.min(...ys) + Math.max(...ys)) / 2 };
  const width = Math.max(1, Math.max(...xs) - Math.min(...xs));
  const height = Math.max(1, Math.max(...ys) - Math.min(...ys));
  const reachX = (REGION * width) / 2;
  const reachY = (REGION * height) / 2;
  const window = cutToSlice(
    {
      left: Math.floor(centre.x - reachX + SLACK_PX),
      right: Math.ceil(centre.x + reachX - SLACK_PX),
      top: Math.floor(centre.y - reachY + SLACK_PX),
      bottom: Math.ceil(centre.y + reachY - SLACK_PX),
    },
    size,
  );
  return { window, centre, width, height };
}

/** Writes `ws.seeds`, and no shape term. */
export function seedAsThePaper(ws: GrabCutWorkspace, plan: GridPlan, marks: MeasuredMarks, region: PaperRegion): void {
  const { seeds, shape } = ws;
  const { window } = region;
  const foreground = nearestToMarks(marks, region);
  const background = farFromCentre(region);
  const toForeground = squaredDistances(foreground, window.width, window.height);
  const toBackground = squaredDistances(background, window.width, window.height);
  seeds.fill(DEAD, 0, plan.pixels);
  shape.fill(0, 0, plan.pixels);
  for (let row = 0, i = 0; row < window.height; row++) {
    for (let column = 0; column < window.width; column++, i++) {
      const p = (row + 1) * plan.stride + column + 1;
      if (foreground[i] === 1) seeds[p] = SURE_FOREGROUND;
      else if (background[i] === 1) seeds[p] = SURE_BACKGROUND;
      else seeds[p] = toForeground[i]! < toBackground[i]! ? PROBABLE_FOREGROUND : PROBABLE_BACKGROUND;
    }
  }
}

/**
 * The pixels nearest to the marks, as many as make a tenth of the region, and at least those on the marks. Of pixels equally far from them all
 * or none are taken: which one comes first must not depend on how the slice lies.
 */
function nearestToMarks(marks: MeasuredMarks, { window, width, height }: PaperRegion): Uint8Array {
  const segments = segmentsOf(marks);
  const distance = new Float64Array(window.width * window.height);
  for (let row = 0, i = 0; row < window.height; row++)
    for (let column = 0; column < window.width; column++, i++)
      distance[i] = Math.min(...segments.map((mark) => pixelsFromMark(mark, window.left + column, window.top + row)));
  const ordered = distance.toSorted();
  const wanted = Math.round(FOREGROUND_SHARE * REGION * width * REGION * height);
  const reach = Math.max(ordered[Math.min(wanted, ordered.length) - 1] ?? 0, ordered[0] ?? 0, ON_MARK_PX);
  return Uint8Array.from(distance, (d) => (d <= reach + SLACK_PX ? 1 : 0));
}

const ON_MARK_PX = 0.5;

function farFromCentre({ window, centre, width, height }: PaperRegion): Uint8Array {
  const far = new Uint8Array(window.width * window.height);
  for (let row = 0, i = 0; row < window.height; row++)
    for (let column = 0; column < window.width; column++, i++)
      far[i] =
        Math.abs(window.left + column - centre.x) > (INNER * width) / 2 + SLACK_PX ||
        Math.abs(window.top + row - centre.y) > (INNER * height) / 2 + SLACK_PX
          ? 1
          : 0;
  return far;
}

const segmentsOf = ({ long, short }: MeasuredMarks): Segment[] => (short ? [long, short] : [long]);
