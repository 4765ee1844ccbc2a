import type { MeasurementKey, MethodName, SopInstanceUid } from '../domain/index.js';
import type { Bundle } from './request.js';

/** One piece of work: which measurement of which report was segmented by what. */
export interface Work {
  readonly report: SopInstanceUid;
  readonly measurementKey: MeasurementKey;
  readonly method: MethodName;
  readonly kernelRevision: number;
  readonly bundle?: Bundle | undefined;
}

const NO_BUNDLE = '-';

/**
 * The work as one line of printable ASCII without `;`, legible so that an object explains itself and a measurement is found again whatever the
 * method, kernel or bundle: `report|measurement|method|kernel|bundle@sha256`, with whatever else a field holds percent-encoded.
 */
export const workKeyOf = ({ report, measurementKey, method, kernelRevision, bundle }: Work): string =>
  [report, measurementKey, method, String(kernelRevision), bundle ? `${bundle.name}@${bundle.sha256}` : NO_BUNDLE]
    .map((field) => encodeURIComponent(field).replaceAll('%40', '@').replaceAll('%2F', '/'))
    .join('|');

/** Report and measurement of a work key; undefined for a text that is none. */
export function measurementOfWorkKey(
  workKey: string,
): { readonly report: string; readonly measurementKey: MeasurementKey } | undefined {
  const fields = workKey.split('|');
  if (fields.length !== 5) return undefined;
  try {
    return {
      report: decodeURIComponent(fields[0]!),
      measurementKey: decodeURIComponent(fields[1]!) as MeasurementKey,
    };
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}
