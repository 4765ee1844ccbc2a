import type { Judgement } from '../faults/defects/gate.js';

/** Rows of these instances say that they are so; `undefined`: no row says anything. */
export const answering =
  (availability: Readonly<Record<string, string>> | undefined) =>
  ({ path }: { readonly path: string }): Judgement =>
    path.includes('/instances?')
      ? {
          change: ({ status, body }) => ({
            status,
            headers: { 'content-type': 'application/dicom+json' },
            body: JSON.stringify(
              (JSON.parse(body.toString()) as Record<string, { Value?: string[] }>[]).map((row) => {
                const { '00080056': said, ...others } = row;
                const here = availability?.[row['00080018']?.Value?.[0] ?? ''];
                if (availability === undefined) return others;
                return here === undefined
                  ? { ...others, '00080056': said }
                  : { ...others, '00080056': { vr: 'CS', Value: [here] } };
              }),
            ),
          }),
        }
      : 'pass';
