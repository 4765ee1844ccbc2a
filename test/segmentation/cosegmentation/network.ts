import type { Network } from '../../../src/segmentation/index.js';

/** A network that looks at one grey window, 24 pixels a side over 24 mm or 2.4 long axes. */
export const oneWindow: Network = {
  sizePx: 24,
  patch: { scale: 'marks-relative', sideLongAxisMultiple: 2.4, minimumSideMm: 24 },
  channels: [{ kind: 'window', lowHu: -100, highHu: 300 }],
  normalisation: 'symmetric',
  threshold: 0.5,
  rejectLevel: 0.2,
};
