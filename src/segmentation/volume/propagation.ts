import { finding, ok, type Finding, type Mask, type ReasonCode, type Result } from '../../domain/index.js';
import type { CarryAnswer, CarryStep } from './carry-mask.js';
import { keyLesionOf, type KeyLesion, type KeySlice } from './key-lesion.js';
import { volumeOf } from './lesion-volume.js';
import { orderSlices, type Run, type StackedSlice } from './slice-order.js';
import type { StopReason } from './stop-rules.js';

/** A lesion on its marked slice, and the stack that this slice belongs to. */
export interface VolumeTask extends KeySlice {
  /** All slices of the same grid and orientation, the marked one too, in any order. */
  readonly slices: readonly StackedSlice[];
  /** Which of them is the marked one. */
  readonly key: number;
}

export type Direction = 'up' | 'down';

/** A slice whose pixels are needed next, and what `carryMask` is to be told beside them. */
export interface WantedSlice {
  readonly index: number;
  readonly direction: Direction;
  readonly step: CarryStep;
}

/** One lesion on all the slices that it was found on. */
export interface LesionVolume {
  /** By slice, as they were given; undefined where the lesion is not. On the marked slice, the mask that it came with. */
  readonly masks: readonly (Mask | undefined)[];
  /** Why the lesion goes no farther towards larger and towards smaller positions. */
  readonly stopped: Readonly<Record<Direction, StopReason>>;
  /** Undefined where the distance of slices is not known: there is only one. */
  readonly volumeMm3: number | undefined;
  readonly findings: readonly Finding[];
}

/** Gives the slices that it wants, one by one, takes what `carryMask` made of each, and returns the volume. */
export type Propagation = Generator<WantedSlice, LesionVolume, CarryAnswer>;

/**
 * From the marked slice outwards, first towards larger positions, then towards smaller ones; each direction ends at the first slice that the lesion is
 * not carried to, so that no slice beyond it need be had. The two directions know nothing of each other, and the order of `slices` does not matter.
 * Errors: as `segmentLesion` has them for the marks; `mask-empty`.
 */
export function startPropagation(task: VolumeTask): Result<Propagation, ReasonCode> {
  const lesion = keyLesionOf(task);
  return lesion.ok ? ok(propagation(task, lesion.value)) : lesion;
}

function* propagation(task: VolumeTask, lesion: KeyLesion): Propagation {
  const order = orderSlices(task.slices, task.key);
  const raw = task.slices.map((_, i): Mask | undefined => (i === task.key ? task.mask : undefined));
  const up = yield* run('up', order.up, task.mask, lesion, raw);
  const down = yield* run('down', order.down, task.mask, lesion, raw);
  const masks = volumeOf(raw, task, lesion.window);
  const grew = up === 'grew' || down === 'grew';
  return {
    ...masks,
    stopped: { up, down },
    findings: grew ? [finding('mask.larger-off-slice')] : [],
  };
}

function* run(
  direction: Direction,
  { stops, end }: Run,
  keyMask: Mask,
  lesion: KeyLesion,
  raw: (Mask | undefined)[],
): Generator<WantedSlice, StopReason, CarryAnswer> {
  let before = keyMask;
  let largestAreaPx = lesion.areaPx;
  for (const { index, stepMm, offKeyMm } of stops) {
    const answer = yield { index, direction, step: { lesion, before, largestAreaPx, stepMm, offKeyMm } };
    if (answer.kind === 'ended') return answer.reason;
    raw[index] = before = answer.mask;
    largestAreaPx = Math.max(largestAreaPx, answer.areaPx);
  }
  return end;
}
