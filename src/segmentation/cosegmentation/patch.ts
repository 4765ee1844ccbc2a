import { fail, ok, type ReasonCode, type Result } from '../../domain/index.js';
import { measureMarks } from '../lesion-frame.js';
import { taskProblem, type SegmentationTask } from '../segment-lesion.js';
import { renderChannels } from './channels.js';
import type { Network } from './network.js';
import { patchGeometry } from './patch-geometry.js';
import { resampleHu } from './resample.js';

/** A lesion as the network sees it: channels x size x size, the channels in the network's order. Errors: as `segmentLesion`. */
export function patchOf(task: SegmentationTask, network: Network): Result<Float32Array, ReasonCode> {
  const problem = taskProblem(task);
  if (problem) return fail(problem);
  const marks = measureMarks(task.marks, task.spacing);
  if (!marks.ok) return marks;
  const geometry = patchGeometry(marks.value, network.sizePx, network.patch);
  const hu = resampleHu(task, geometry);
  return ok(renderChannels(hu, geometry, marks.value, network.channels, network.normalisation));
}
