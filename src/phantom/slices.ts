import { mm, patientPoint, type ImagePlane, type Mask } from '../domain/index.js';
import { LESIONS, trunk, type Organ, type PhantomLesion } from './anatomy.js';
import { grain } from './noise.js';
import { seededRandom } from './random.js';
import { lesionSolid } from './shapes.js';

const SIZE = 512;
const SPACING_MM = 0.7;
const SLICE_STEP_MM = 5;
const Z_FROM_MM = -65;
const SLICES = 27;
const NOISE_HU = 13;

export interface PhantomSlice {
  readonly zMm: number;
  readonly plane: ImagePlane;
  /** Hounsfield units, rounded. */
  readonly hu: Int16Array;
}

export interface LesionTruth {
  readonly lesion: PhantomLesion;
  /** Index of the slice that the marks lie on. */
  readonly slice: number;
  /** Pixels at least half covered by the lesion. */
  readonly mask: Mask;
  /** The same on any plane. */
  readonly maskAt: (zMm: number) => Mask;
}

export interface RenderedPhantom {
  readonly slices: readonly PhantomSlice[];
  readonly truths: readonly LesionTruth[];
}

/** Draws the phantom: every slice with partial volume in the plane and through the slice, texture and grain. The same seed gives the same pixels. */
export function renderPhantom(seed: number): RenderedPhantom {
  const organs = trunk(seededRandom(seed));
  const lesions = LESIONS.map((lesion) => ({ solid: lesionSolid(lesion.shape), hu: lesion.hu, textureHu: 5 }));
  const columns = new Map<Organ, Cover>();
  const slices: PhantomSlice[] = [];
  for (let s = 0; s < SLICES; s++) {
    const zMm = Z_FROM_MM + s * SLICE_STEP_MM;
    slices.push({ zMm, plane: planeAt(zMm), hu: sliceAt(zMm, [...organs, ...lesions], columns, seed * 1000 + s) });
  }
  const truths = LESIONS.map((lesion, i) => {
    const slice = Math.round((lesion.shape.centre.z - Z_FROM_MM) / SLICE_STEP_MM);
    const maskAt = (zMm: number): Mask => truthMask(lesions[i]!, zMm);
    return { lesion, slice, mask: maskAt(slices[slice]!.zMm), maskAt };
  });
  return { slices, truths };
}

const planeAt = (zMm: number): ImagePlane => ({
  rows: SIZE,
  columns: SIZE,
  spacing: { betweenRows: mm(SPACING_MM), betweenColumns: mm(SPACING_MM) },
  position: patientPoint(firstPixelMm, firstPixelMm, zMm),
  rowDirection: [1, 0, 0],
  columnDirection: [0, 1, 0],
  frameOfReferenceUID: undefined,
});

const firstPixelMm = (-(SIZE - 1) / 2) * SPACING_MM;
const alongMm = (index: number) => firstPixelMm + index * SPACING_MM;

/** The pixels that an organ touches on a slice, and the share of each that it covers. */
interface Cover {
  readonly pixels: readonly number[];
  readonly shares: readonly number[];
}

function sliceAt(zMm: number, organs: readonly Organ[], columns: Map<Organ, Cover>, seed: number): Int16Array {
  const hu = new Float32Array(SIZE * SIZE).fill(-1000);
  const texture = new Float32Array(SIZE * SIZE);
  for (const organ of organs) {
    const { pixels, shares } = coverOf(organ, zMm, columns);
    for (let i = 0; i < pixels.length; i++) {
      const p = pixels[i]!;
      const share = shares[i]!;
      hu[p] = hu[p]! * (1 - share) + organ.hu * share;
      texture[p] = texture[p]! * (1 - share) + organ.textureHu * share;
    }
  }
  const noise = grain(SIZE, SIZE, seededRandom(seed));
  return Int16Array.from(hu, (value, p) => {
    const sd = Math.hypot(NOISE_HU * (value < -900 ? 0.6 : 1), texture[p]!);
    return Math.max(-1024, Math.min(3071, Math.round(value + sd * noise[p]!)));
  });
}

function coverOf(organ: Organ, zMm: number, columns: Map<Organ, Cover>): Cover {
  if (!organ.solid.sameAtEveryZ) return coverAt(organ, [zMm - SLICE_STEP_MM / 3, zMm, zMm + SLICE_STEP_MM / 3]);
  const known = columns.get(organ) ?? coverAt(organ, [zMm]);
  columns.set(organ, known);
  return known;
}

/** Averages over planes through the slice's thickness: partial volume in the plane and across it. */
function coverAt(organ: Organ, planesMm: readonly number[]): Cover {
  const { solid } = organ;
  const index = (x: number) => Math.round((x - firstPixelMm) / SPACING_MM);
  const fromColumn = Math.max(0, index(solid.centre.x - solid.reachMm.x) - 2);
  const toColumn = Math.min(SIZE - 1, index(solid.centre.x + solid.reachMm.x) + 2);
  const fromRow = Math.max(0, index(solid.centre.y - solid.reachMm.y) - 2);
  const toRow = Math.min(SIZE - 1, index(solid.centre.y + solid.reachMm.y) + 2);
  const pixels: number[] = [];
  const shares: number[] = [];
  for (let row = fromRow; row <= toRow; row++) {
    const y = alongMm(row);
    const outer = Math.max(...planesMm.map((z) => solid.halfWidthMm?.(y, z, SPACING_MM) ?? Infinity));
    const inner = Math.min(...planesMm.map((z) => solid.halfWidthMm?.(y, z, -SPACING_MM) ?? 0));
    for (let column = fromColumn; column <= toColumn; column++) {
      const x = alongMm(column);
      const fromCentre = Math.abs(x - solid.centre.x);
      if (fromCentre > outer) continue;
      let share = planesMm.length;
      if (fromCentre >= inner) {
        share = 0;
        for (const z of planesMm) share += Math.max(0, Math.min(1, 0.5 - solid.distanceMm(x, y, z) / SPACING_MM));
      }
      if (share === 0) continue;
      pixels.push(row * SIZE + column);
      shares.push(share / planesMm.length);
    }
  }
  return { pixels, shares };
}

function truthMask(organ: Organ, zMm: number): Mask {
  const bits = new Uint8Array(SIZE * SIZE);
  const { pixels, shares } = coverOf(organ, zMm, new Map());
  pixels.forEach((p, i) => {
    if (shares[i]! >= 0.5) bits[p] = 1;
  });
  return { rows: SIZE, columns: SIZE, bits };
}
