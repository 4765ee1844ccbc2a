import { TAG, type DataSet } from '../../domain/index.js';

/** The identifiers that give an instance its address. They may be malformed as UIDs, but are never empty. */
export interface InstanceIdentity {
  readonly studyInstanceUID: string;
  readonly seriesInstanceUID: string;
  readonly sopClassUID: string;
  readonly sopInstanceUID: string;
}

/** Undefined where one is missing, or is of dots alone: as a segment of a URL that means another place. */
export function identityOf(dataSet: DataSet): InstanceIdentity | undefined {
  const studyInstanceUID = addressable(dataSet.text(TAG.StudyInstanceUID));
  const seriesInstanceUID = addressable(dataSet.text(TAG.SeriesInstanceUID));
  const sopClassUID = dataSet.text(TAG.SOPClassUID);
  const sopInstanceUID = addressable(dataSet.text(TAG.SOPInstanceUID));
  if (!studyInstanceUID || !seriesInstanceUID || !sopClassUID || !sopInstanceUID) return undefined;
  return { studyInstanceUID, seriesInstanceUID, sopClassUID, sopInstanceUID };
}

const addressable = (text: string | undefined): string | undefined =>
  text === undefined || /^\.+$/.test(text) ? undefined : text;
