/** Bytes with their bits in the other order. */
const REVERSED = Uint8Array.from({ length: 256 }, (_, byte) => {
  let turned = 0;
  for (let k = 0; k < 8; k++) turned |= ((byte >> k) & 1) << (7 - k);
  return turned;
});

/** Edges within a byte and towards the next one, for each pair of neighbours. */
const edgesBetween = (byte: number, next: number): number => {
  let edges = (byte ^ (byte >> 1)) & 0x7f;
  let count = (byte >> 7) ^ (next & 1);
  for (; edges > 0; edges &= edges - 1) count++;
  return count;
};

/** As many edges as an outline has before anything is said of it. */
const ENOUGH_EDGES = 32;
/** A run of pixels has two edges; packed the other way it has four wherever it crosses a byte. */
const RAGGED = 1.5;

/**
 * Whether masks look as if each byte held its pixels from the most significant bit on. Nothing in the header tells, and every reader shows such an
 * object without complaint: outlines are then ragged at every byte and smooth if the bits are turned round.
 */
export function looksReversed(packed: Uint8Array): boolean {
  let asStored = 0;
  let turned = 0;
  let before = 0;
  for (let i = 0; i < packed.length; i++) {
    const byte = packed[i]!;
    if (byte === before && (byte === 0 || byte === 0xff)) continue;
    asStored += edgesBetween(before, byte);
    turned += edgesBetween(REVERSED[before]!, REVERSED[byte]!);
    before = byte;
  }
  return asStored >= ENOUGH_EDGES && asStored > RAGGED * turned;
}
