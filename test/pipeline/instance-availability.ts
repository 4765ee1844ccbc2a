import { changingRows } from './changed-rows.js';

/** Rows of these instances say that they are so; `undefined`: no row says anything. */
export const answering = (availability: Readonly<Record<string, string>> | undefined) =>
  changingRows((row) => {
    const { '00080056': said, ...others } = row;
    const here = availability?.[row['00080018']?.Value?.[0] ?? ''];
    if (availability === undefined) return others;
    return { ...others, '00080056': here === undefined ? said : { vr: 'CS', Value: [here] } };
  });
