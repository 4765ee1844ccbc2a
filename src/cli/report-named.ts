import { asReadUid, isUid, type Uid } from '../domain/index.js';
import { numberNamed, type Ledger, type ReportNumber } from '../ledger/index.js';

/** The report that `r-12`, an object's number (`o-7`) or the UID of either names; undefined where the ledger knows none. */
export async function reportNamed(what: string, ledger: Ledger): Promise<ReportNumber | undefined> {
  const named = numberNamed(what);
  if (named?.kind === 'report') return (await ledger.reportByNumber(named.number))?.report.number;
  if (named) return (await ledger.objectByNumber(named.number))?.report;
  return isUid(what) ? ledger.findUid(asReadUid<Uid>(what)) : undefined;
}
