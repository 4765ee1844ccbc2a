import { createHash } from 'node:crypto';
import {
  agreement,
  ms,
  type FoundReport,
  type MeasurementKey,
  type SegmentationObject,
  type SeriesInstanceUid,
  type SopInstanceUid,
  type StudyInstanceUid,
  type Uid,
} from '../../src/domain/index.js';
import type { Claim, Ledger, MeasurementRecord, RunDigests, Urgency } from '../../src/ledger/index.js';

export const DIGESTS: RunDigests = { policyDigest: 'p1', methodDigest: 'm1' };
export const LONG = ms(600_000);

export const found = (n: number, source = 'main-pacs'): FoundReport => ({
  source,
  studyInstanceUID: `1.2.3.${n}.1` as StudyInstanceUid,
  seriesInstanceUID: `1.2.3.${n}.2` as SeriesInstanceUid,
  sopInstanceUID: `1.2.3.${n}.3` as SopInstanceUid,
  sopClassUID: undefined,
});

export const seeing = (numbers: readonly number[], urgency: Urgency = 'today', source = 'main-pacs') => ({
  source,
  found: numbers.map((n) => found(n, source)),
  seriesCounts: new Map<SeriesInstanceUid, number>(),
  unchangedSeries: [],
  urgency,
});

/** Reports with a run each. */
export async function givenRuns(ledger: Ledger, count: number, urgency: Urgency = 'today'): Promise<void> {
  await ledger.sight(
    seeing(
      Array.from({ length: count }, (_, i) => i + 1),
      urgency,
    ),
  );
  await ledger.ensureRuns(DIGESTS, { kind: 'reports-without-run' });
}

export async function claimed(ledger: Ledger, owner = 'a'): Promise<Claim> {
  const claim = await ledger.claimRun(owner, LONG);
  if (!claim) throw new Error('nothing is due');
  return claim;
}

export const key = (text: string): MeasurementKey => text as MeasurementKey;

export const measurement = (name: string): MeasurementRecord => ({
  key: key(name),
  rule: 'lesions',
  method: 'grabcut',
  agreement: agreement(0.75),
  findings: [{ code: 'length.agrees', detail: 1.01 }],
});

export const segmentationOf = (sop: string, keys: readonly string[], content = sop): SegmentationObject => ({
  sopInstanceUID: `1.2.9.${sop}` as SopInstanceUid,
  seriesInstanceUID: '1.2.9.1' as SeriesInstanceUid,
  studyInstanceUID: '1.2.3.1.1' as StudyInstanceUid,
  bytes: new TextEncoder().encode(`made-up object ${content}`),
  segments: keys.map((name, i) => ({
    measurementKey: key(name),
    segmentNumber: i + 1,
    trackingUID: `1.2.8.${i + 1}` as Uid,
    maskSha256: createHash('sha256').update(name).digest('hex'),
  })),
  warnings: [],
});

/** A run in `delivering`, with one object of two segments on its way to the destinations. */
export async function delivering(ledger: Ledger, destinations: readonly string[]): Promise<Claim> {
  await givenRuns(ledger, 1);
  let claim = await claimed(ledger);
  for (const to of ['reading', 'segmenting'] as const) claim = await stepped(ledger, claim, to);
  const moved = await ledger.moveRun(claim, {
    to: 'delivering',
    account: {
      measurements: [measurement('1.1'), measurement('1.2')],
      objects: [{ object: segmentationOf('1', ['1.1', '1.2']), kind: 'segmentation', destinations }],
    },
  });
  if (!moved.ok || !moved.value.claim) throw new Error('the run did not move');
  return moved.value.claim;
}

export async function stepped(
  ledger: Ledger,
  claim: Claim,
  to: 'reading' | 'segmenting' | 'delivering',
): Promise<Claim> {
  const moved = await ledger.moveRun(claim, { to });
  if (!moved.ok || !moved.value.claim) throw new Error('the run did not move');
  return moved.value.claim;
}
