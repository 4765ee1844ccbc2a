/**
 * Segmentations as the WebAssembly build of dcmqi reads them. Arguments: folder of the installed packages. stdin: paths, one a line; stdout: one
 * JSON answer a line, as test/readers/answer.ts has it. An abort spoils the module for the next file, so the process ends after one.
 */
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

const { readSegmentationNode } = await import(
  pathToFileURL(`${process.argv[2]}/node_modules/@itk-wasm/dicom/dist/index-node.js`).href
);
// the module prints what it finds: stdout is ours
console.log = console.info = console.error;
process.stdin.resume();
for await (const path of createInterface({ input: process.stdin })) {
  const answer = await read(path);
  process.stdout.write(`${JSON.stringify(answer)}\n`);
  if (answer.kind === 'refused') process.exit(0);
}

async function read(path) {
  try {
    const { segImage } = await readSegmentationNode(path);
    if (!segImage?.data) return { kind: 'refused', says: 'no image' };
    const { size, spacing, origin, direction, data } = segImage;
    const affine = [0, 1, 2].map((r) => [...[0, 1, 2].map((c) => direction[r * 3 + c] * spacing[c]), origin[r]]);
    const segments = {};
    for (let k = 0; k < data.length; k++) {
      if (data[k] === 0) continue;
      const voxel = [k % size[0], Math.floor(k / size[0]) % size[1], Math.floor(k / size[0] / size[1])];
      (segments[data[k]] ??= []).push(voxel);
    }
    return { kind: 'volume', affine: [...affine, [0, 0, 0, 1]], shape: [...size], segments };
  } catch (error) {
    return { kind: 'refused', says: String(error).split('\n')[0] };
  }
}
