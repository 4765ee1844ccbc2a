import { createHash } from 'node:crypto';
import type { ImageReference, Measurement, ReadReport, SopInstanceUid } from '../../domain/index.js';

/** What of a report decides whether it counts. It can be kept: what identifies a patient or a reader is in it as a digest alone. */
export interface ReportDocument {
  readonly sopInstanceUID: SopInstanceUid | undefined;
  readonly predecessors: readonly SopInstanceUid[];
  readonly identicalDocuments: readonly SopInstanceUid[];
  /** Digits that sort; undefined where the report has no date. */
  readonly contentDateTime: string | undefined;
  readonly completeness: 'finished' | 'partial' | 'preliminary';
  /** SHA-256 (hex) of what was measured, by whom, on whom; undefined where nothing was. */
  readonly content: string | undefined;
  /** The image of each measurement, by the measurement's key. */
  readonly places: Readonly<Record<string, string>>;
}

export function documentOf(report: ReadReport): ReportDocument {
  return {
    sopInstanceUID: report.sopInstanceUID,
    predecessors: report.predecessors,
    identicalDocuments: report.identicalDocuments,
    contentDateTime: report.contentDateTime,
    completeness: completenessOf(report),
    content: contentOf(report),
    places: Object.fromEntries(
      report.measurements.flatMap(({ key, image }) => (image ? [[key, placeText(image)]] : [])),
    ),
  };
}

const placeText = ({ sopInstanceUID, frame }: ImageReference): string => `${sopInstanceUID}#${frame ?? ''}`;

function completenessOf({ findings }: ReadReport): ReportDocument['completeness'] {
  if (findings.some(({ code }) => code === 'report.preliminary')) return 'preliminary';
  return findings.some(({ code }) => code === 'report.partial') ? 'partial' : 'finished';
}

function contentOf({ measurements, observer, patientID }: ReadReport): string | undefined {
  if (measurements.length === 0) return undefined;
  const content = ({
    trackingUID,
    trackingIdentifier,
    longAxis,
    shortAxis,
    image,
    finding,
    findingSite,
    timePoint,
  }: Measurement) =>
    [trackingUID, trackingIdentifier, longAxis, shortAxis, image, finding, findingSite, timePoint] as const;
  return createHash('sha256')
    .update(JSON.stringify([patientID, observer, measurements.map(content)]))
    .digest('hex');
}
