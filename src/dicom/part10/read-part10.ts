import { constants, inflateRawSync } from 'node:zlib';
import {
  asReadUid,
  fail,
  ok,
  TAG,
  tag as tagOfNumber,
  type DataSet,
  type Result,
  type TransferSyntaxUid,
} from '../../domain/index.js';
import { keywordOf } from '../dictionary.js';
import { type ElementTape } from './element-tape.js';
import {
  declaredEncoding,
  isDeflated,
  looksExplicit,
  observedEncoding,
  uidOfEncoding,
  type Encoding,
} from './data-set-encoding.js';
import { READ_LIMITS } from './limits.js';
import { Part10DataSet } from './part10-data-set.js';
import { ProblemList, type ReadProblem } from './read-problem.js';
import { scanDataSet } from './scan-data-set.js';

export interface DicomFile {
  /** Without group 2. */
  readonly dataSet: DataSet;
  /** File meta information (group 2); empty where the file has none. */
  readonly meta: DataSet;
  /** As declared; where nothing is declared, that of the encoding found. */
  readonly transferSyntaxUID: TransferSyntaxUid;
  /** What could not be read; the rest is there. */
  readonly problems: readonly ReadProblem[];
}

const EXPLICIT_LITTLE: Encoding = { vr: 'explicit', byteOrder: 'little' };

/**
 * Reads a DICOM file (PS3.10), also one without preamble or without meta group. Total: any bytes give a value and never an exception. Values are
 * views of `bytes`, which must not be changed while the result is in use. Refuses only what shows no sign of being DICOM.
 */
export function readPart10(bytes: Uint8Array): Result<DicomFile, ReadProblem> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = startOfElements(buffer);
  if (start === undefined) return fail({ code: 'not-dicom', offset: 0 });

  const problems = new ProblemList();
  const end = endOfMeta(buffer, start);
  const metaBytes = buffer.subarray(0, end);
  const meta = dataSetOf(metaBytes, scanDataSet(metaBytes, start, EXPLICIT_LITTLE, problems));
  const declared = meta.text(TAG.TransferSyntaxUID);

  if (declared !== undefined && isDeflated(declared)) {
    const inflated = inflate(buffer.subarray(end));
    if (!inflated) problems.add('data-set-invalid', end);
    const data = inflated ?? Buffer.alloc(0);
    return ok(fileOf(data, 0, EXPLICIT_LITTLE, declared, meta, problems));
  }
  const encoding = observedEncoding(buffer, end, declared === undefined ? EXPLICIT_LITTLE : declaredEncoding(declared));
  return ok(fileOf(buffer, end, encoding, declared ?? uidOfEncoding(encoding), meta, problems));
}

function fileOf(
  data: Buffer,
  start: number,
  encoding: Encoding,
  transferSyntaxUID: string,
  meta: DataSet,
  problems: ProblemList,
): DicomFile {
  if (start === data.length) problems.add('truncated', start);
  return {
    dataSet: dataSetOf(data, scanDataSet(data, start, encoding, problems)),
    meta,
    transferSyntaxUID: asReadUid<TransferSyntaxUid>(transferSyntaxUID),
    problems: problems.list,
  };
}

const dataSetOf = (bytes: Buffer, tape: ElementTape): DataSet => new Part10DataSet(bytes, tape, 0, tape.count);

/** Where elements start: after preamble and prefix, or at once; undefined where neither the prefix nor a known first element is there. */
function startOfElements(bytes: Buffer): number | undefined {
  if (bytes.length >= 132 && bytes.toString('latin1', 128, 132) === 'DICM') return 132;
  if (bytes.length < 8) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const little of [true, false]) {
    const group = view.getUint16(0, little);
    const element = view.getUint16(2, little);
    const length = looksExplicit(bytes, 0) ? view.getUint16(6, little) : view.getUint32(4, little);
    const plausible = group >= 0x0002 && group <= 0x0028 && (group & 1) === 0 && length <= bytes.length;
    const known = element === 0 || keywordOf(tagOfNumber(group * 0x10000 + element)) !== undefined;
    if (plausible && known) return 0;
  }
  return undefined;
}

/**
 * Where group 2 ends: its elements are walked, because its group length is often wrong. They are explicit little endian; some writers made
 * them implicit.
 */
function endOfMeta(bytes: Buffer, start: number): number {
  let at = start;
  while (at + 8 <= bytes.length && bytes.readUInt16LE(at) === 0x0002) {
    const vr = bytes.toString('latin1', at + 4, at + 6);
    let end: number;
    if (!looksExplicit(bytes, at)) end = at + 8 + bytes.readUInt32LE(at + 4);
    else if (/^(O[BDFLVW]|U[CNRT]|SQ|[SU]V)$/.test(vr))
      end = at + 12 <= bytes.length ? at + 12 + bytes.readUInt32LE(at + 8) : bytes.length;
    else end = at + 8 + bytes.readUInt16LE(at + 6);
    at = Math.min(end, bytes.length);
  }
  return at;
}

/** Raw deflate (PS3.5 A.5), bounded; what a cut stream gave until its end. Undefined where it is no deflate stream or beyond the bound. */
function inflate(bytes: Buffer): Buffer | undefined {
  try {
    return inflateRawSync(bytes, { maxOutputLength: READ_LIMITS.inflatedBytes, finishFlush: constants.Z_SYNC_FLUSH });
  } catch (error) {
    if (typeof error === 'object' && error !== null && 'code' in error) return undefined;
    throw error;
  }
}
