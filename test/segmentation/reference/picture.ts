/** A small picture as rows of characters: `#` is 1, anything else 0. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly bits: Uint8Array;
}

export function picture(...rows: string[]): Picture {
  const width = rows[0]!.length;
  return {
    width,
    height: rows.length,
    bits: Uint8Array.from(rows.join(''), (c) => (c === '#' ? 1 : 0)),
  };
}

export function drawn({ width, height, bits }: Picture): string[] {
  return Array.from({ length: height }, (_, row) =>
    Array.from(bits.subarray(row * width, (row + 1) * width), (bit) => (bit ? '#' : '.')).join(''),
  );
}

/** Numbers that are the same in every run (linear congruences, unlike the product's own generator). */
export function numbersFrom(seed: number): (below: number) => number {
  let state = BigInt(seed) * 2862933555777941757n + 3037000493n;
  return (below) => {
    state = BigInt.asUintN(64, state * 6364136223846793005n + 1442695040888963407n);
    return Math.floor((Number(state >> 33n) / 2 ** 31) * below);
  };
}
