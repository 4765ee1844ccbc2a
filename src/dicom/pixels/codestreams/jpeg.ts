import { uint16, type Codestream } from './codestream.js';
import { jpegSegments } from './jpeg-markers.js';

/** Processes by their start-of-frame marker (T.81 table B.1): Huffman coding, sequential or lossless, nothing hierarchical or progressive. */
const BASELINE = 0xc0;
const EXTENDED = 0xc1;
const LOSSLESS = 0xc3;
const SOS = 0xda;

const isStartOfFrame = (marker: number): boolean =>
  marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;

/** A JPEG image of the process family that the transfer syntax promises; undefined for any other, and for one that is not whole. */
export function inspectJpeg(bytes: Uint8Array, process: 'dct' | 'lossless'): Codestream | undefined {
  const segments = jpegSegments(bytes, 'zero-byte');
  const frames = segments?.filter((segment) => isStartOfFrame(segment.marker)) ?? [];
  const scans = segments?.filter((segment) => segment.marker === SOS) ?? [];
  const [frame] = frames;
  if (!frame || frames.length !== 1 || scans.length === 0 || frame.end - frame.start < 6) return undefined;

  const precision = bytes[frame.start]!;
  if (!fits(frame.marker, precision, process)) return undefined;
  return {
    bytes,
    precision,
    rows: uint16(bytes, frame.start + 1),
    columns: uint16(bytes, frame.start + 3),
    components: bytes[frame.start + 5]!,
    representation: 'unsaid',
    loss: process === 'dct' || scans.some((scan) => pointTransform(bytes, scan.end) > 0) ? 'lossy' : 'not-shown',
  };
}

function fits(marker: number, precision: number, process: 'dct' | 'lossless'): boolean {
  if (process === 'lossless') return marker === LOSSLESS && precision >= 2 && precision <= 16;
  return marker === BASELINE ? precision === 8 : marker === EXTENDED && (precision === 8 || precision === 12);
}

/** Low bits that a lossless scan leaves out: the last four bits of its header (T.81 B.2.3). */
const pointTransform = (bytes: Uint8Array, endOfScanHeader: number): number => bytes[endOfScanHeader - 1]! & 0x0f;
