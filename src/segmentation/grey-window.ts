import type { GridPlan } from './grabcut/grid.js';
import type { Window } from './window.js';

/** What HU are clipped to before they are compared: differences outside say nothing about the lesion. */
export interface GreyWindow {
  readonly low: number;
  readonly high: number;
}

/** The part of a slice that is looked at, and how its pixels are laid out here. */
export interface SlicePart {
  readonly hu: Float32Array;
  /** Of the slice. */
  readonly columns: number;
  readonly window: Window;
  readonly plan: GridPlan;
}

/** All that CT has. */
const WHOLE: GreyWindow = { low: -1024, high: 3071 };
const LUNG: GreyWindow = { low: -1350, high: 150 };
const SOFT_TISSUE: GreyWindow = { low: -160, high: 240 };

/** A window of which this share is emptier than tissue can be shows lung. */
const LUNG_SHARE = 0.25;
const EMPTY_BELOW = -500;
/** A window of the lesion's own values reaches so many standard deviations. */
const OWN_REACH = 3;
/** A grey window that flattens more of the lesion than this share does not show it. */
const MOST_FLATTENED = 0.5;

/** Lung or soft tissue, as a reader would set it for what is seen here. */
export function surroundingsWindow({ hu, columns, window, plan }: SlicePart): GreyWindow {
  let empty = 0;
  for (let row = 0; row < plan.height; row++) {
    const start = (window.top + row) * columns + window.left;
    for (let i = start; i < start + plan.width; i++) if (hu[i]! < EMPTY_BELOW) empty++;
  }
  return empty >= LUNG_SHARE * plan.width * plan.height ? LUNG : SOFT_TISSUE;
}

/** Grey windows to try, best first: that of the surroundings, none, and that of the lesion's own values. `inside`: the shape's pixels. */
export function greyWindows(part: SlicePart, inside: Uint8Array): readonly GreyWindow[] {
  const own = ownWindow(part, inside);
  const shown = [surroundingsWindow(part), WHOLE, own].filter(
    (greyWindow) => flattenedShare(part, inside, greyWindow) <= MOST_FLATTENED,
  );
  return shown.length > 0 ? shown : [WHOLE];
}

/** Mean of the shape's pixels and three standard deviations to both sides; from whole numbers, whose sums do not depend on their order. */
function ownWindow({ hu, columns, window, plan }: SlicePart, inside: Uint8Array): GreyWindow {
  let count = 0;
  let sum = 0;
  let squares = 0;
  for (let row = 0; row < plan.height; row++) {
    let i = (window.top + row) * columns + window.left;
    let p = (row + 1) * plan.stride + 1;
    for (const end = p + plan.width; p < end; p++, i++) {
      if (inside[p] === 0) continue;
      const v = Math.round(hu[i]!);
      count++;
      sum += v;
      squares += v * v;
    }
  }
  const mean = sum / count;
  const reach = OWN_REACH * Math.sqrt(Math.max(0, squares / count - mean * mean));
  return { low: Math.floor(mean - reach), high: Math.ceil(mean + reach) };
}

function flattenedShare(
  { hu, columns, window, plan }: SlicePart,
  inside: Uint8Array,
  { low, high }: GreyWindow,
): number {
  let count = 0;
  let flattened = 0;
  for (let row = 0; row < plan.height; row++) {
    let i = (window.top + row) * columns + window.left;
    let p = (row + 1) * plan.stride + 1;
    for (const end = p + plan.width; p < end; p++, i++) {
      if (inside[p] === 0) continue;
      count++;
      if (hu[i]! <= low || hu[i]! >= high) flattened++;
    }
  }
  return flattened / count;
}

/** Whole HU above the window's low end. */
export function greyOf(hu: number, { low, high }: GreyWindow): number {
  const floor = Math.max(low, WHOLE.low);
  const ceiling = Math.min(high, WHOLE.high);
  return Math.round(hu < floor ? floor : hu > ceiling ? ceiling : hu) - floor;
}

/** The same for a part of a slice. */
export function greyInto(grey: Int16Array, { hu, columns, window, plan }: SlicePart, { low, high }: GreyWindow): void {
  const floor = Math.max(low, WHOLE.low);
  const ceiling = Math.min(high, WHOLE.high);
  for (let row = 0; row < plan.height; row++) {
    let i = (window.top + row) * columns + window.left;
    let p = (row + 1) * plan.stride + 1;
    for (const end = p + plan.width; p < end; p++, i++) {
      const v = hu[i]!;
      grey[p] = Math.round(v < floor ? floor : v > ceiling ? ceiling : v) - floor;
    }
  }
}

/** The window spread over 8 bits, as displays and OpenCV have it. */
export function byteGreyInto(
  grey: Int16Array,
  { hu, columns, window, plan }: SlicePart,
  { low, high }: GreyWindow,
): void {
  const scale = 255 / (high - low);
  for (let row = 0; row < plan.height; row++) {
    let i = (window.top + row) * columns + window.left;
    let p = (row + 1) * plan.stride + 1;
    for (const end = p + plan.width; p < end; p++, i++)
      grey[p] = Math.round(Math.min(255, Math.max(0, (hu[i]! - low) * scale)));
  }
}
