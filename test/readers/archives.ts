import { startOrthanc } from '../environment/orthanc.js';

export interface Kept {
  /** Undefined: byte for byte what was sent. */
  readonly file: string | undefined;
  /** Undefined: every frame as it was sent. */
  readonly frames: string | undefined;
}

export interface Sent {
  readonly study: string;
  readonly series: string;
  readonly instance: string;
  readonly bytes: Uint8Array;
  readonly frames: number;
  /** rows * columns */
  readonly pixels: number;
  readonly bitsAllocated: number;
  /** The value of PixelData. */
  readonly pixelData: Uint8Array;
}

/** What Orthanc gives back of objects that were stored by STOW-RS. The requests are written here, not by the product. */
export async function keptByOrthanc(sent: readonly Sent[]): Promise<readonly Kept[]> {
  const orthanc = await startOrthanc();
  try {
    for (const { bytes } of sent) await store(orthanc.url, bytes);
    const files = await orthanc.files();
    return await Promise.all(
      sent.map(async (one) => {
        const file = files.get(one.instance);
        return {
          file: file && Buffer.compare(file, one.bytes) === 0 ? undefined : file ? 'other bytes' : 'not there',
          frames: await frameFault(orthanc.url, one),
        };
      }),
    );
  } finally {
    await orthanc.stop();
  }
}

const BOUNDARY = 'one-object';

async function store(url: string, bytes: Uint8Array): Promise<void> {
  const body = Buffer.concat([
    Buffer.from(`--${BOUNDARY}\r\nContent-Type: application/dicom\r\n\r\n`),
    bytes,
    Buffer.from(`\r\n--${BOUNDARY}--\r\n`),
  ]);
  const answer = await fetch(`${url}/studies`, {
    method: 'POST',
    body,
    headers: { 'content-type': `multipart/related; type="application/dicom"; boundary=${BOUNDARY}` },
  });
  if (answer.status !== 200) throw new Error(`a store is answered with ${answer.status}`);
}

/** Each frame's bits, asked for one by one. */
async function frameFault(url: string, one: Sent): Promise<string | undefined> {
  const instance = `${url}/studies/${one.study}/series/${one.series}/instances/${one.instance}`;
  for (let frame = 0; frame < one.frames; frame++) {
    const answer = await fetch(`${instance}/frames/${frame + 1}`, {
      headers: { accept: 'multipart/related; type="application/octet-stream"', 'accept-encoding': 'identity' },
    });
    const body = Buffer.from(await answer.arrayBuffer());
    if (answer.status !== 200) return `answers ${answer.status} to a frame`;
    const from = body.indexOf('\r\n\r\n') + 4;
    const to = body.lastIndexOf('\r\n--');
    if (!sameBits(body.subarray(from, to), one, frame)) return 'other bits in a frame';
  }
  return undefined;
}

/** Bit k of the pixel data is bit k % 8 of byte k >> 3 (PS3.5 8.1.1 and D). */
function sameBits(body: Uint8Array, { pixels, bitsAllocated, pixelData }: Sent, frame: number): boolean {
  const bits = pixels * bitsAllocated;
  for (let bit = 0; bit < bits; bit++) {
    const at = frame * bits + bit;
    if (((body[bit >> 3]! >> (bit & 7)) & 1) !== ((pixelData[at >> 3]! >> (at & 7)) & 1)) return false;
  }
  return true;
}
