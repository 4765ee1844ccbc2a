import type { DataSet, SeriesInstanceUid, SopInstanceUid } from '../../domain/index.js';
import type { ReportEquipment, WriterEquipment } from '../request.js';
import { dicomMomentOf, type DicomMoment } from './date-time.js';

/** What every object of ours is written from, whatever it is: whose it is, when and by which installation. */
export interface Written {
  readonly request: {
    readonly equipment: WriterEquipment;
    readonly createdAt: Date;
    readonly utcOffsetMinutes?: number;
    readonly reportEquipment?: ReportEquipment;
  };
  /** The data set whose patient and study, with their character set, are copied. */
  readonly header: DataSet;
  readonly uids: { readonly sopInstanceUID: SopInstanceUid; readonly seriesInstanceUID: SeriesInstanceUid };
}

export const momentOf = ({ request, header }: Written): DicomMoment =>
  dicomMomentOf(request.createdAt, header, request.utcOffsetMinutes ?? 0);
