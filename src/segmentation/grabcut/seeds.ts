/**
 * What is known of a pixel before the cut. The numbers are those of OpenCV's GrabCut masks: bit 0 is the label, bit 1 says that it may change.
 */
export const SURE_BACKGROUND = 0;
export const SURE_FOREGROUND = 1;
export const PROBABLE_BACKGROUND = 2;
export const PROBABLE_FOREGROUND = 3;
/** The border around a window: no pixel. */
export const DEAD = 4;

/** Set in the numbers of pixels whose label may change, and in no other. */
export const OPEN = 2;

export const isSure = (seed: number): boolean => seed < PROBABLE_BACKGROUND;
export const labelOf = (seed: number): number => seed & 1;
