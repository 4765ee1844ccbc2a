/** How our own objects are recognised: equipment together with a receipt, never by UID prefix. */
export const EQUIPMENT = {
  manufacturer: 'Caliper',
  modelName: 'Caliper lesion segmentation gateway',
} as const;

/**
 * Raised by hand when the pixels of a mask may change for the same input; held by golden files. Part of every derived UID and receipt.
 */
export const KERNEL_REVISION = 2;

/** Raised by hand when the layout of written objects changes. Part of every derived UID. */
export const WRITER_LAYOUT = 3;

/** Version of the receipts that are written: what their digest is taken over. */
export const RECEIPT_VERSION = 2;

/** What a segment of ours says about itself in AlgorithmParameters (0066,0032). */
export interface Receipt {
  /** 1, or what the receipt says. A later one than ours can be told to be a receipt, but not compared. */
  readonly version: number;
  readonly workKey: string;
  /**
   * SHA-256 (hex) of the segment's pixels, rows x columns of every frame of the segment in frame order. Version 1: one byte a pixel as it is stored.
   * Version 2: of each frame, how many zero bytes stand first and how many bytes follow from the first to the last that is not zero (two numbers of 32
   * bits, little endian; 0 and 0 for an empty frame), then these bytes; pixels of one bit are packed eight a byte, the first in the lowest bit, each
   * frame from a whole byte on; probabilities are bytes still.
   */
  readonly maskSha256: string;
  readonly kernelRevision: number;
  /** SHA-256 (hex) of the marks that the segment was drawn from; undefined in receipts of earlier layouts, which do not name it. */
  readonly marksSha256: string | undefined;
}

/** Receipts of version 1 do not name their version. */
export const receiptText = (r: Receipt): string =>
  [
    `key=${r.workKey};mask=${r.maskSha256};kernel=${r.kernelRevision}`,
    ...(r.version === 1 ? [] : [`receipt=${r.version}`]),
    ...(r.marksSha256 === undefined ? [] : [`marks=${r.marksSha256}`]),
  ].join(';');

export function receiptOf(text: string | undefined): Receipt | undefined {
  const found = /(?:^|;)key=([^;]+);mask=([0-9a-f]{64});kernel=(\d+)(?:;receipt=(\d+))?(?:;marks=([0-9a-f]{64}))?/.exec(
    text ?? '',
  );
  return found
    ? {
        version: Number(found[4] ?? 1),
        workKey: found[1]!,
        maskSha256: found[2]!,
        kernelRevision: Number(found[3]),
        marksSha256: found[5],
      }
    : undefined;
}
