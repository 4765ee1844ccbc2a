import { parentPort } from 'node:worker_threads';
import { huSliceOf, initialiseCodecs, readPart10 } from '../dicom/index.js';
import { fail, ms, ok, type HuSlice, type Ms, type ReasonCode, type Result } from '../domain/index.js';
import {
  candidatesOn,
  carryMask,
  contourOn,
  patchOf,
  refineByCrfOn,
  segmentLesionOn,
  WorkspaceShelf,
  type LesionMask,
  type SegmentationTask,
} from '../segmentation/index.js';
import { huPng, labelPng } from '../pictures/index.js';
import type { KernelAnswer, KernelTask, Refinement, SlicePicture } from './kernel-messages.js';

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
      return { kind: 'decode', result: shared(decode(task.bytes, task.frame)) };
    case 'segment':
      return {
        kind: 'segment',
        ...timed(() => refined(task.task, segmentLesionOn(shelf, task.task), task.refinement)),
      };
    case 'patch':
      return { kind: 'patch', ...timed(() => patchOf(task.task, task.network)) };
    case 'contour': {
      const contour = () => contourOn(shelf, task.task, task.network, task.probability);
      return { kind: 'contour', ...timed(() => refined(task.task, contour(), task.refinement)) };
    }
    case 'candidates':
      return { kind: 'candidates', result: candidatesOn(shelf, task.task, task.network, task.probability) };
    case 'carry':
      return { kind: 'carry', answer: carryMask(shelf, task.step, task.hu, task.drawn) };
    case 'slice-picture':
      return { kind: 'slice-picture', result: slicePicture(task.bytes, task.frame) };
    case 'hu-picture':
      return { kind: 'hu-picture', png: huPng(task.slice.plane, task.slice.hu) };
    case 'label-picture':
      return { kind: 'label-picture', png: labelPng(task.size, task.labels) };
  }
}

const refined = (
  task: SegmentationTask,
  lesion: Result<LesionMask, ReasonCode>,
  refinement: Refinement,
): Result<LesionMask, ReasonCode> =>
  lesion.ok && refinement === 'crf' ? ok(refineByCrfOn(shelf, task, lesion.value)) : lesion;

function timed<T>(work: () => T): { result: T; tookMs: Ms } {
  const start = performance.now();
  const result = work();
  return { result, tookMs: ms(performance.now() - start) };
}

function decode(bytes: Uint8Array, frame: number | undefined): Result<HuSlice, ReasonCode> {
  const file = readPart10(bytes);
  if (!file.ok) return fail(file.error.code);
  return huSliceOf(file.value, frame);
}

function slicePicture(bytes: Uint8Array, frame: number | undefined): Result<SlicePicture, ReasonCode> {
  const slice = decode(bytes, frame);
  return slice.ok ? ok({ plane: slice.value.plane, png: huPng(slice.value.plane, slice.value.hu) }) : slice;
}

/** A slice goes to a worker once for every lesion on it: memory that all threads see spares the copies. */
function shared(slice: Result<HuSlice, ReasonCode>): Result<HuSlice, ReasonCode> {
  if (!slice.ok) return slice;
  const hu = new Float32Array(new SharedArrayBuffer(slice.value.hu.byteLength));
  hu.set(slice.value.hu);
  return ok({ ...slice.value, hu });
}

/** What is handed over instead of copied. */
function pixelsOf(answer: KernelAnswer): ArrayBuffer[] {
  switch (answer.kind) {
    case 'segment':
    case 'contour':
      return answer.result.ok ? bufferOf(answer.result.value.mask.bits) : [];
    case 'patch':
      return answer.result.ok ? bufferOf(answer.result.value) : [];
    case 'carry':
      return answer.answer.kind === 'carried' ? bufferOf(answer.answer.mask.bits) : [];
    case 'slice-picture':
      return answer.result.ok ? bufferOf(answer.result.value.png) : [];
    case 'hu-picture':
    case 'label-picture':
      return bufferOf(answer.png);
    case 'decode':
    case 'candidates':
      return [];
  }
}

const bufferOf = ({ buffer }: Float32Array | Uint8Array): ArrayBuffer[] =>
  buffer instanceof ArrayBuffer ? [buffer] : [];
