import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Codestream } from './codestreams/codestream.js';

/**
 * The decoders of dcmjs-codecs (libjpeg 8/12/16, CharLS, OpenJPEG, libjxl, as one WebAssembly module). The module is bound here and not through the
 * package's own wrapper, because that hides the codecs' warnings (a damaged stream gives plausible pixels and a warning), can only be made anew
 * asynchronously, and loads a second dcmjs.
 */
export type Codec = 'DecodeJpeg' | 'DecodeJpegLs' | 'DecodeJpeg2000' | 'DecodeJpegXl';

type Pointer = number;

interface CodecExports {
  readonly memory: WebAssembly.Memory;
  _initialize(): void;
  CreateCodecsContext(): Pointer;
  ReleaseCodecsContext(context: Pointer): void;
  CreateDecoderParameters(): Pointer;
  ReleaseDecoderParameters(parameters: Pointer): void;
  SetConvertColorspaceToRgb(parameters: Pointer, convert: number): void;
  SetColumns(context: Pointer, columns: number): void;
  SetRows(context: Pointer, rows: number): void;
  SetBitsAllocated(context: Pointer, bits: number): void;
  SetBitsStored(context: Pointer, bits: number): void;
  SetSamplesPerPixel(context: Pointer, samples: number): void;
  SetPixelRepresentation(context: Pointer, representation: number): void;
  SetPlanarConfiguration(context: Pointer, configuration: number): void;
  SetPhotometricInterpretation(context: Pointer, interpretation: number): void;
  SetEncodedBufferSize(context: Pointer, bytes: number): void;
  GetEncodedBuffer(context: Pointer): Pointer;
  GetDecodedBuffer(context: Pointer): Pointer;
  GetDecodedBufferSize(context: Pointer): number;
  DecodeJpeg(context: Pointer, parameters: Pointer): void;
  DecodeJpegLs(context: Pointer, parameters: Pointer): void;
  DecodeJpeg2000(context: Pointer, parameters: Pointer): void;
  DecodeJpegXl(context: Pointer, parameters: Pointer): void;
}

/** MONOCHROME2 in the order of the module's own list. */
const MONOCHROME2 = 1;

/** An instance that has grown beyond this is replaced: WebAssembly memory never shrinks. It starts at 256 MiB, of which little is touched. */
const LARGEST_MEMORY = 512 << 20;

/**
 * Warnings that mean damage. libjpeg tells everything in one voice, so its are named; OpenJPEG's levels are marked, and two of its warnings are about
 * things that are allowed.
 */
const DAMAGE = /Corrupt JPEG data|Premature end of JPEG|Inconsistent progression|OpjMessageCallback(?:Warning|Error)/;
const HARMLESS = /Unknown marker|Expected SOP marker/;

let compiled: WebAssembly.Module | undefined;
let instance: CodecInstance | undefined;

/** Once a thread, before the first decode; further calls do nothing. */
export async function initialiseCodecs(): Promise<void> {
  if (compiled) return;
  const path = createRequire(import.meta.url).resolve('dcmjs-codecs/build/dcmjs-native-codecs.wasm');
  compiled = await WebAssembly.compile(await readFile(path));
}

/**
 * The samples of an inspected stream: one byte each up to a precision of 8, else two, little endian. Undefined where the codec refuses the stream, finds
 * it damaged, or gives another number of samples. A codec that was interrupted may be in any state: its instance is given up, the next decode gets another.
 */
export function decodeWith(codec: Codec, stream: Codestream): Uint8Array | undefined {
  if (!compiled) throw new Error('initialiseCodecs() has not been called on this thread');
  instance ??= new CodecInstance(compiled);
  const samples = instance.decode(codec, stream);
  if (instance.interrupted || instance.memoryBytes > LARGEST_MEMORY) instance = undefined;
  const expected = stream.rows * stream.columns * (stream.precision > 8 ? 2 : 1);
  return samples?.length === expected ? samples : undefined;
}

class CodecInstance {
  readonly #codecs: CodecExports;
  #damaged = false;
  #interrupted = false;

  constructor(module: WebAssembly.Module) {
    this.#codecs = exportsOf(new WebAssembly.Instance(module, this.#imports()));
    this.#codecs._initialize();
  }

  get interrupted(): boolean {
    return this.#interrupted;
  }

  get memoryBytes(): number {
    return this.#codecs.memory.buffer.byteLength;
  }

  decode(codec: Codec, stream: Codestream): Uint8Array | undefined {
    this.#damaged = false;
    try {
      const samples = this.#decode(codec, stream);
      return this.#damaged ? undefined : samples;
    } catch {
      // foreign code: an exception of a codec, a trap, an exhausted stack or memory all say that it cannot decode this stream
      this.#interrupted = true;
      return undefined;
    }
  }

  #decode(codec: Codec, stream: Codestream): Uint8Array {
    const codecs = this.#codecs;
    const context = codecs.CreateCodecsContext();
    codecs.SetColumns(context, stream.columns);
    codecs.SetRows(context, stream.rows);
    codecs.SetBitsAllocated(context, stream.precision > 8 ? 16 : 8);
    codecs.SetBitsStored(context, stream.precision);
    codecs.SetSamplesPerPixel(context, 1);
    codecs.SetPixelRepresentation(context, stream.representation === 'signed' ? 1 : 0);
    codecs.SetPlanarConfiguration(context, 0);
    codecs.SetPhotometricInterpretation(context, MONOCHROME2);
    codecs.SetEncodedBufferSize(context, stream.bytes.length);
    new Uint8Array(codecs.memory.buffer).set(stream.bytes, codecs.GetEncodedBuffer(context));
    const parameters = codecs.CreateDecoderParameters();
    codecs.SetConvertColorspaceToRgb(parameters, 0);

    codecs[codec](context, parameters);

    const start = codecs.GetDecodedBuffer(context);
    const samples = new Uint8Array(codecs.memory.buffer).slice(start, start + codecs.GetDecodedBufferSize(context));
    codecs.ReleaseDecoderParameters(parameters);
    codecs.ReleaseCodecsContext(context);
    return samples;
  }

  #listen(message: string): void {
    if (DAMAGE.test(message) && !HARMLESS.test(message)) this.#damaged = true;
  }

  #text(at: Pointer, length: number): string {
    return Buffer.from(this.#codecs.memory.buffer, at, length).toString('latin1');
  }

  /** What the module asks of its host: no files, no environment, no clock. */
  #imports(): WebAssembly.Imports {
    const view = (): DataView => new DataView(this.#codecs.memory.buffer);
    return {
      env: {
        onCodecsInfo: (at: Pointer, length: number) => this.#listen(this.#text(at, length)),
        onCodecsTrace: () => undefined,
        onCodecsException: (at: Pointer, length: number) => {
          throw new Error(this.#text(at, length));
        },
        emscripten_notify_memory_growth: () => undefined,
      },
      wasi_snapshot_preview1: {
        environ_get: () => SUCCESS,
        environ_sizes_get: (count: Pointer, bytes: Pointer) => {
          view().setUint32(count, 0, true);
          view().setUint32(bytes, 0, true);
          return SUCCESS;
        },
        clock_time_get: (_clock: number, _precision: bigint, time: Pointer) => {
          view().setBigUint64(time, 0n, true);
          return SUCCESS;
        },
        proc_exit: (status: number) => {
          throw new Error(`the codecs ended with status ${status}`);
        },
        fd_write: (_file: number, vectors: Pointer, count: number, written: Pointer) => {
          let total = 0;
          for (let i = 0; i < count; i++) total += view().getUint32(vectors + 8 * i + 4, true);
          view().setUint32(written, total, true);
          return SUCCESS;
        },
        fd_seek: () => SUCCESS,
        fd_close: () => SUCCESS,
      },
    };
  }
}

const SUCCESS = 0;

/** The one place where foreign names become a type; a version of the package that lacks one is refused at once. */
function exportsOf(made: WebAssembly.Instance): CodecExports {
  const { exports } = made;
  if (!hasCodecs(exports)) throw new Error('the WebAssembly module of dcmjs-codecs is not the one expected');
  return exports;
}

const NEEDED: readonly (keyof CodecExports)[] = [
  'memory',
  '_initialize',
  'CreateCodecsContext',
  'ReleaseCodecsContext',
  'CreateDecoderParameters',
  'ReleaseDecoderParameters',
  'SetConvertColorspaceToRgb',
  'SetColumns',
  'SetRows',
  'SetBitsAllocated',
  'SetBitsStored',
  'SetSamplesPerPixel',
  'SetPixelRepresentation',
  'SetPlanarConfiguration',
  'SetPhotometricInterpretation',
  'SetEncodedBufferSize',
  'GetEncodedBuffer',
  'GetDecodedBuffer',
  'GetDecodedBufferSize',
  'DecodeJpeg',
  'DecodeJpegLs',
  'DecodeJpeg2000',
  'DecodeJpegXl',
];

const hasCodecs = (exports: object): exports is CodecExports => NEEDED.every((name) => name in exports);
