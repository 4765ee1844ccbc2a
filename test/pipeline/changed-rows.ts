import type { Judgement } from '../faults/defects/gate.js';

export type Row = Record<string, { vr?: string; Value?: string[] } | undefined>;

/** Every row of an answer about instances as the archive would have it otherwise. */
export const changingRows =
  (change: (row: Row) => Row) =>
  ({ path }: { readonly path: string }): Judgement =>
    path.includes('/instances?')
      ? {
          change: ({ status, body }) => ({
            status,
            headers: { 'content-type': 'application/dicom+json' },
            body: JSON.stringify((JSON.parse(body.toString()) as Row[]).map(change)),
          }),
        }
      : 'pass';
