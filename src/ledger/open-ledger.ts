import { fail, ok, type Result } from '../domain/index.js';
import { archiveAnswers } from './archive-answers.js';
import { addArchiveLoad, archiveLoad } from './archive-load.js';
import { choices, choose, dropChoice } from './choosing.js';
import { claimRun, release, renew } from './claiming.js';
import { DatabaseRefusal, type Database, type DatabaseProblem } from './database/database-types.js';
import { addReview, decideHeld, reopen, selectedForReplay } from './deciding.js';
import { deliveries, moveDelivery, objectBytes, resumeDelivery } from './delivering.js';
import type { Ledger } from './ledger.js';
import { letterFacts } from './letter.js';
import {
  countAgain,
  endReports,
  hasMeasuredReport,
  outdated,
  outdatedObjects,
  outdating,
  readKeyObjects,
  recordKeyObject,
  rejections,
  relatedDocuments,
  reopenOutdated,
  unreadKeyObjects,
  yieldToUnread,
} from './life-cycle.js';
import { migrate } from './migrate.js';
import { moveRun, record } from './moving.js';
import { reopenOverwritten, seriesToListAgain, standAgain } from './overwritten.js';
import { recentReports, status, work } from './overview.js';
import { pauseRole, registerRole, resumeRole, roles } from './roles.js';
import { findUid, objectByNumber, purgeEvents, reportByNumber, writtenObjects } from './story.js';
import { ensureRuns, recordSearched, seriesCounts, sight, wasSearched } from './watching.js';
import { agreementDrift, outcomeCounts, pulse, sourceActivity, worklist } from './worklist.js';

/** Makes or migrates the tables, then gives the ledger on them. Tables of a newer program are refused (`database-newer`). */
export async function openLedger({ pool }: Database): Promise<Result<Ledger, DatabaseProblem>> {
  try {
    await migrate(pool);
  } catch (error) {
    if (error instanceof DatabaseRefusal) return fail(error.problem);
    throw error;
  }
  return ok({
    seriesCounts: (...given) => seriesCounts(pool, ...given),
    seriesToListAgain: (...given) => seriesToListAgain(pool, ...given),
    sight: (...given) => sight(pool, ...given),
    wasSearched: (...given) => wasSearched(pool, ...given),
    recordSearched: (...given) => recordSearched(pool, ...given),
    ensureRuns: (...given) => ensureRuns(pool, ...given),
    reopenOverwritten: () => reopenOverwritten(pool),
    standAgain: (...given) => standAgain(pool, ...given),
    claimRun: (owner, leaseMs, run) => claimRun(pool, owner, leaseMs, run),
    renew: (...given) => renew(pool, ...given),
    release: (...given) => release(pool, ...given),
    record: (...given) => record(pool, ...given),
    moveRun: (...given) => moveRun(pool, ...given),
    deliveries: (...given) => deliveries(pool, ...given),
    objectBytes: (...given) => objectBytes(pool, ...given),
    moveDelivery: (...given) => moveDelivery(pool, ...given),
    resumeDelivery: (...given) => resumeDelivery(pool, ...given),
    relatedDocuments: (...given) => relatedDocuments(pool, ...given),
    yieldToUnread: (...given) => yieldToUnread(pool, ...given),
    unreadKeyObjects: (...given) => unreadKeyObjects(pool, ...given),
    readKeyObjects: (...given) => readKeyObjects(pool, ...given),
    recordKeyObject: (...given) => recordKeyObject(pool, ...given),
    rejections: (...given) => rejections(pool, ...given),
    hasMeasuredReport: (...given) => hasMeasuredReport(pool, ...given),
    endReports: (...given) => endReports(pool, ...given),
    outdated: (...given) => outdated(pool, ...given),
    countAgain: (...given) => countAgain(pool, ...given),
    outdatedObjects: () => outdatedObjects(pool),
    outdating: (...given) => outdating(pool, ...given),
    reopenOutdated: (...given) => reopenOutdated(pool, ...given),
    decideHeld: (...given) => decideHeld(pool, ...given),
    reopen: (...given) => reopen(pool, ...given),
    selectedForReplay: (...given) => selectedForReplay(pool, ...given),
    choose: (...given) => choose(pool, ...given),
    choices: (...given) => choices(pool, ...given),
    dropChoice: (...given) => dropChoice(pool, ...given),
    addReview: (...given) => addReview(pool, ...given),
    registerRole: (...given) => registerRole(pool, ...given),
    pauseRole: (...given) => pauseRole(pool, ...given),
    resumeRole: (...given) => resumeRole(pool, ...given),
    roles: () => roles(pool),
    archiveAnswers: (...given) => archiveAnswers(pool, ...given),
    status: () => status(pool),
    work: () => work(pool),
    worklist: (...given) => worklist(pool, ...given),
    outcomeCounts: () => outcomeCounts(pool),
    sourceActivity: () => sourceActivity(pool),
    agreementDrift: () => agreementDrift(pool),
    addArchiveLoad: (...given) => addArchiveLoad(pool, ...given),
    archiveLoad: (...given) => archiveLoad(pool, ...given),
    letterFacts: (...given) => letterFacts(pool, ...given),
    pulse: () => pulse(pool),
    recentReports: (...given) => recentReports(pool, ...given),
    reportByNumber: (...given) => reportByNumber(pool, ...given),
    objectByNumber: (...given) => objectByNumber(pool, ...given),
    findUid: (...given) => findUid(pool, ...given),
    writtenObjects: (...given) => writtenObjects(pool, ...given),
    purgeEvents: (...given) => purgeEvents(pool, ...given),
  });
}
