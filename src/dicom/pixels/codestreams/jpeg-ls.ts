import { uint16, type Codestream } from './codestream.js';
import { jpegSegments } from './jpeg-markers.js';

const SOF55 = 0xf7;
const SOS = 0xda;

/** A whole JPEG-LS image (T.87 annex C); undefined for anything else. */
export function inspectJpegLs(bytes: Uint8Array): Codestream | undefined {
  const segments = jpegSegments(bytes, 'zero-bit');
  const frames = segments?.filter((segment) => segment.marker === SOF55) ?? [];
  const scans = segments?.filter((segment) => segment.marker === SOS) ?? [];
  const [frame] = frames;
  if (!frame || frames.length !== 1 || scans.length === 0 || frame.end - frame.start < 6) return undefined;

  const precision = bytes[frame.start]!;
  if (precision < 2 || precision > 16) return undefined;
  return {
    bytes,
    precision,
    rows: uint16(bytes, frame.start + 1),
    columns: uint16(bytes, frame.start + 3),
    components: bytes[frame.start + 5]!,
    representation: 'unsaid',
    // NEAR, the error that is allowed, stands third from the end of a scan's header
    loss: scans.some((scan) => bytes[scan.end - 3]! > 0) ? 'lossy' : 'not-shown',
  };
}
