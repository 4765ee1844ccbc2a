import { parentPort } from 'node:worker_threads';
import { huSliceOf, initialiseCodecs, readPart10 } from '../dicom/index.js';
import { fail, ms, ok, type HuSlice, type ReasonCode, type Result } from '../domain/index.js';
import {
  refineByCrfOn,
  segmentLesionOn,
  WorkspaceShelf,
  type LesionMask,
  type SegmentationTask,
} from '../segmentation/index.js';
import type { KernelAnswer, KernelTask, Refinement } from './kernel-messages.js';

/** Runs in a worker thread: codecs and kernels, one task at a time, with memory that is kept between lesions. */
if (!parentPort) throw new Error('this file is the beginning of a worker thread');
const port = parentPort;
const shelf = new WorkspaceShelf();
await initialiseCodecs();
port.on('message', (task: KernelTask) => {
  const answer = answerTo(task);
  port.postMessage(answer, pixelsOf(answer));
});

function answerTo(task: KernelTask): KernelAnswer {
  switch (task.kind) {
    case 'decode':
      return { kind: 'decode', result: decode(task.bytes, task.frame) };
    case 'segment': {
      const start = performance.now();
      const result = segment(task.task, task.refinement);
      return { kind: 'segment', result, tookMs: ms(performance.now() - start) };
    }
  }
}

function segment(task: SegmentationTask, refinement: Refinement): Result<LesionMask, ReasonCode> {
  const lesion = segmentLesionOn(shelf, task);
  return lesion.ok && refinement === 'crf' ? ok(refineByCrfOn(shelf, task, lesion.value)) : lesion;
}

function decode(bytes: Uint8Array, frame: number | undefined): Result<HuSlice, ReasonCode> {
  const file = readPart10(bytes);
  return file.ok ? huSliceOf(file.value, frame) : fail(file.error.code);
}

/** What is handed over instead of copied. */
function pixelsOf(answer: KernelAnswer): ArrayBuffer[] {
  if (!answer.result.ok) return [];
  const pixels = answer.kind === 'decode' ? answer.result.value.hu : answer.result.value.mask.bits;
  return pixels.buffer instanceof ArrayBuffer ? [pixels.buffer] : [];
}
