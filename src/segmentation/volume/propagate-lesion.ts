import type { ReasonCode, Result } from '../../domain/index.js';
import { ok } from '../../domain/index.js';
import type { WorkspaceShelf } from '../workspace.js';
import { carryMask } from './carry-mask.js';
import { startPropagation, type LesionVolume, type VolumeTask } from './propagation.js';
import type { StackedSlice } from './slice-order.js';

/** The same task with all slices at hand; those of another size or with values that are no numbers end the run that meets them. */
export interface WholeVolumeTask extends Omit<VolumeTask, 'slices' | 'hu'> {
  readonly slices: readonly (StackedSlice & { readonly hu: Float32Array })[];
}

/** A lesion from its marked slice to all slices that it reaches. Errors: as `startPropagation`. */
export function propagateLesion(shelf: WorkspaceShelf, task: WholeVolumeTask): Result<LesionVolume, ReasonCode> {
  const started = startPropagation({ ...task, hu: task.slices[task.key]!.hu });
  if (!started.ok) return started;
  let state = started.value.next();
  while (state.done !== true) {
    const { index, step } = state.value;
    state = started.value.next(carryMask(shelf, step, task.slices[index]!.hu));
  }
  return ok(state.value);
}
