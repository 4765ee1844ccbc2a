/** Bounds that no honest object comes near; beyond them reading stops with a problem. */
export const READ_LIMITS = {
  /** Sequences within sequences. */
  depth: 1_000,
  items: 100_000,
  elements: 4_000_000,
  /** Bytes that a deflated data set may have when it is inflated. */
  inflatedBytes: 512 << 20,
  /** Problems that are kept; one is enough to know that a file is not whole. */
  problems: 64,
} as const;
