import type { ImageReference } from '../domain/index.js';

/** Names an image, or a frame of one. */
export const sliceKey = (image: ImageReference): string => `${image.sopInstanceUID}#${image.frame ?? ''}`;
