/** What kind of object is it, judged by its class and content, never by its writer? */
import {
  REPORT_CLASSES,
  SOP_CLASS,
  TAG,
  type DataSet,
  type ReasonCode,
  type ReportKind,
  type SopClassUid,
} from '../domain/index.js';

/** A report whose content tree is read, or another carrier with the reason why it is not. */
export type Recognition =
  { readonly kind: 'content-tree' } | { readonly kind: Exclude<ReportKind, 'tid1500'>; readonly reason: ReasonCode };

export function recogniseDataSet(dataSet: DataSet): Recognition {
  const sopClass = dataSet.text(TAG.SOPClassUID) as SopClassUid | undefined;
  if (sopClass === SOP_CLASS.GrayscaleSoftcopyPresentationState || dataSet.has(TAG.GraphicAnnotationSequence))
    return { kind: 'gsps', reason: 'carrier-not-enabled' };
  if (isOsirix(dataSet)) return { kind: 'osirix', reason: 'not-interpretable' };
  const hasTree = dataSet.has(TAG.ContentSequence);
  if (sopClass !== undefined && !REPORT_CLASSES.has(sopClass)) return { kind: 'negative', reason: 'not-a-report' };
  return hasTree ? { kind: 'content-tree' } : { kind: 'negative', reason: 'no-measurements' };
}

/** OsiriX and Horos keep their regions as a binary property list inside a Basic Text SR. */
const isOsirix = (dataSet: DataSet): boolean =>
  dataSet.text(TAG.Modality) === 'SR' &&
  (dataSet.has(TAG.EncapsulatedDocument) || /^osirix roi sr/i.test(dataSet.text(TAG.SeriesDescription) ?? ''));
