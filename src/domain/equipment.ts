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
export const WRITER_LAYOUT = 1;

/** What a segment of ours says about itself in AlgorithmParameters (0066,0032). */
export interface Receipt {
  readonly workKey: string;
  /** SHA-256 (hex) of the unpacked mask: one byte a pixel, 0 or 1, rows x columns of every frame of the segment in frame order. */
  readonly maskSha256: string;
  readonly kernelRevision: number;
}

export const receiptText = (r: Receipt): string => `key=${r.workKey};mask=${r.maskSha256};kernel=${r.kernelRevision}`;

export function receiptOf(text: string | undefined): Receipt | undefined {
  const found = /(?:^|;)key=([^;]+);mask=([0-9a-f]{64});kernel=(\d+)/.exec(text ?? '');
  return found ? { workKey: found[1]!, maskSha256: found[2]!, kernelRevision: Number(found[3]) } : undefined;
}
