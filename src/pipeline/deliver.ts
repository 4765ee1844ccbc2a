import { readPart10 } from '../dicom/index.js';
import type { Archive, ArchiveProblem } from '../dicomweb/index.js';
import { ok, reasonOf, TAG, type DataSet, type ReasonCode, type Result } from '../domain/index.js';
import { compareReadBack, explainObject, ownSegments } from '../seg-writer/index.js';
import type { Claim, Delivery, DeliveryMove, LeaseLost, Role } from '../ledger/index.js';
import { rejectedInstances } from '../sr-parser/index.js';
import { isInCanary } from './canary.js';
import { askStudy, ownOfOtherWork, speaksAgainst, type AskedStudies } from './before-store.js';
import { isSpent, nextTryAfter } from './waits.js';
import type { Destination, World } from './world.js';

/** How often an object that the destination took is asked back before it is sent again. */
const READ_BACK_TRIES = 2;

/**
 * Takes one object to one destination: look, store, read back and compare. Each step's end is written before the next begins, so that a worker
 * that dies anywhere leaves a delivery that another takes up where it stood.
 */
export async function deliver(
  claim: Claim,
  delivery: Delivery,
  world: World,
  studies: AskedStudies,
): Promise<Result<Delivery, LeaseLost>> {
  const { ledger } = world;
  const destination = world.destinations.get(delivery.destination);
  let current = delivery;
  let resent = false;
  let looked = false;
  let kept: Uint8Array | undefined;
  const bytesOf = async () => (kept ??= await ledger.objectBytes(delivery.object));
  const move = async (to: DeliveryMove) => {
    const moved = await ledger.moveDelivery(claim, current.id, to);
    if (moved.ok) current = moved.value;
    return moved;
  };
  const wait = (reason: ReasonCode, problem?: ArchiveProblem) => {
    const attempt = problem?.unasked ? 'free' : 'counted';
    const ageMs = world.now() - claim.report.firstSeen.getTime();
    if (attempt === 'counted' && isSpent(reason, { ageMs, attempts: current.attempts }))
      return move({ to: 'dead', reason });
    return move({
      to: 'waiting',
      reason,
      attempt,
      afterMs: nextTryAfter(reason, {
        ageMs,
        attempts: current.attempts,
        item: current.object,
        ...(problem?.retryAfter === undefined ? {} : { retryAfterMs: problem.retryAfter }),
        isLeftAlone: problem?.unasked === 'left-alone',
      }),
    });
  };
  if (!destination) return move({ to: 'held', reason: 'destination-unknown' });

  for (;;) {
    switch (current.state) {
      case 'due': {
        const moved = await move({ to: 'looking' });
        if (!moved.ok) return moved;
        break;
      }
      case 'looking': {
        const roles = await ledger.roles();
        const role = roles.find((r) => r.role === 'destination' && r.name === destination.name);
        if (role?.mode === 'paused') return wait('destination-paused');
        const ours = await bytesOf();
        const there = await look(destination.archive, current, ours);
        looked = true;
        if (there.kind === 'problem') return wait(there.problem.code, there.problem);
        if (there.kind === 'ours') {
          if (current.kind === 'rejection-note' && ours) await recordOwnNote(current, ours, world);
          const rejected = await ledger.rejections([current.sopInstanceUID]);
          return move(rejected.size > 0 ? { to: 'refused', reason: 'rejected-by-note' } : { to: 'already-stored' });
        }
        if (there.kind === 'differs') return move({ to: 'held', reason: there.reason });
        if (!mayStore(destination, role, claim, current)) return move({ to: 'would-store' });
        const study = await askStudy(destination, current, world, studies);
        if (study.kind === 'problem') return wait(study.problem.code, study.problem);
        if (study.kind === 'absent') return wait('study-not-there');
        const own = await ownOfOtherWork(claim, current, destination, world, studies);
        if (!own.ok) return wait(own.error.code, own.error);
        if (own.value) return move({ to: 'refused', reason: own.value });
        const moved = await move({ to: 'storing' });
        if (!moved.ok) return moved;
        break;
      }
      case 'storing': {
        // taken up after a crash or a wait: an earlier try may have reached the destination
        if (!looked) {
          const back = await move({ to: 'looking' });
          if (!back.ok) return back;
          break;
        }
        const bytes = await bytesOf();
        if (!bytes) throw new Error('the bytes of an object under delivery are gone');
        // also where an earlier try had to wait: what was said of the study then is old
        const study = await askStudy(destination, current, world, studies);
        if (study.kind === 'problem') return wait(study.problem.code, study.problem);
        const against = await speaksAgainst(claim, current, bytes, world);
        if (against) return move(against);
        // a worker that was suspended past its lease must not store
        if (!(await ledger.renew(claim))) return { ok: false, error: 'lease-lost' };
        const answer = await destination.archive.store(current.studyInstanceUID, [bytes]);
        const next = afterStore(answer, destination);
        if (next.kind === 'wait') return wait(next.reason, next.problem);
        if (next.kind === 'look') {
          // the answer does not say whether the object is there: look before repeating, once now and then at intervals
          const again = await move(next.move);
          if (!again.ok) return again;
          if (resent) return wait('store-unclear');
          resent = true;
          break;
        }
        if (answer.kind === 'renumbered')
          await ledger.pauseRole('destination', destination.name, 'destination-renumbers');
        const moved = await move(next.move);
        if (!moved.ok || next.kind === 'end') return moved;
        break;
      }
      case 'confirming': {
        const sent = await bytesOf();
        if (!sent) throw new Error('the bytes of an object under delivery are gone');
        const confirmed = await confirm(destination.archive, current, sent);
        if (confirmed.kind === 'problem') return wait(confirmed.problem.code, confirmed.problem);
        if (confirmed.kind === 'missing') {
          // an archive may need a moment before it gives what it took; one that said stored and did not is sent the object again
          if (resent || current.attempts < READ_BACK_TRIES) return wait('read-back-missing');
          resent = true;
          const again = await move({ to: 'looking', reason: 'read-back-missing', attempt: 'free' });
          if (!again.ok) return again;
          break;
        }
        if (confirmed.kind === 'differs') return move({ to: 'held', reason: confirmed.reason });
        if (current.kind === 'rejection-note') await recordOwnNote(current, sent, world);
        const moved = await move({ to: 'stored' });
        if (moved.ok)
          world.log.event('object.stored', {
            object: `o-${current.object}`,
            destination: destination.name,
            kind: current.kind,
            segments: current.segments.length,
          });
        return moved;
      }
      case 'waiting': {
        if (current.dueInMs > 0) return ok(current);
        const resumed = await ledger.resumeDelivery(claim, current.id);
        if (!resumed.ok) return resumed;
        current = resumed.value;
        break;
      }
      default:
        return ok(current);
    }
  }
}

/** What our own note rejects is known at once, and not only when a sweep shows it. */
async function recordOwnNote(delivery: Delivery, bytes: Uint8Array, { ledger }: World): Promise<void> {
  const file = readPart10(bytes);
  if (file.ok) await ledger.recordKeyObject(delivery.sopInstanceUID, [...rejectedInstances(file.value.dataSet)]);
}

/**
 * `storeFrom`: reports first seen before a destination stored anything, and those that were there before their source was watched (a first start,
 * a ledger that was lost), are accounted for, not stored; a replay or a review is a person's permission. A note follows what is stored there.
 */
function mayStore(destination: Destination, role: Role | undefined, claim: Claim, { kind }: Delivery): boolean {
  if (role?.mode !== 'live') return false;
  if (kind === 'rejection-note') return true;
  if (claim.cause === 'replay' || claim.cause === 'review') return true;
  if (!isInCanary(claim.report.sopInstanceUID, destination.canary)) return false;
  if (destination.storeFrom === 'always') return true;
  const { firstSeen, arrival } = claim.report;
  if (destination.storeFrom !== 'first-live') return firstSeen >= destination.storeFrom;
  return arrival === 'new' && role.firstLive !== undefined && firstSeen >= role.firstLive;
}

type Looked =
  | { readonly kind: 'absent' }
  | { readonly kind: 'ours' }
  | { readonly kind: 'differs'; readonly reason: ReasonCode }
  | { readonly kind: 'problem'; readonly problem: ArchiveProblem };

/**
 * Whether the destination holds the object already. What equals ours is ours, wherever the archive now says that it belongs; another object under
 * the UID is checked against its own receipt.
 */
async function look(archive: Archive, delivery: Delivery, ours: Uint8Array | undefined): Promise<Looked> {
  const found = await archive.retrieve(placeOf(delivery));
  if (!found.ok)
    return found.error.code === 'image-gone' ? { kind: 'absent' } : { kind: 'problem', problem: found.error };
  if (ours) {
    const compared = await compareWithSent(archive, delivery, ours, found.value);
    if (compared.kind === 'equal') return { kind: 'ours' };
    if (compared.kind === 'problem' || compared.reason !== 'read-back-differs') return compared;
  }
  return isOurs(delivery, ours, found.value) ? { kind: 'ours' } : { kind: 'differs', reason: 'read-back-differs' };
}

/** An object that was there before: a segmentation is judged by its receipts, a document by what it is about. */
function isOurs({ kind }: Delivery, ours: Uint8Array | undefined, found: Uint8Array): boolean {
  const file = readPart10(found);
  if (!file.ok) return false;
  if (kind === 'segmentation') {
    const segments = ownSegments(file.value.dataSet);
    return segments.length > 0 && segments.every((s) => s.maskMatches);
  }
  const about = aboutOf(found);
  return ours !== undefined && about !== undefined && about === aboutOf(ours);
}

/** The kind of a document of ours and what it names, as a text. */
function aboutOf(bytes: Uint8Array): string | undefined {
  const file = readPart10(bytes);
  const explained = file.ok ? explainObject(file.value.dataSet) : undefined;
  switch (explained?.kind) {
    case 'result-report':
      return JSON.stringify([explained.kind, explained.groups.map(({ segmentation }) => segmentation)]);
    case 'rejection-note':
      return JSON.stringify([explained.kind, explained.title, explained.rejected]);
    default:
      return undefined;
  }
}

type AfterStore =
  | { readonly kind: 'go'; readonly move: DeliveryMove }
  | { readonly kind: 'look'; readonly move: DeliveryMove }
  | { readonly kind: 'end'; readonly move: DeliveryMove }
  | { readonly kind: 'wait'; readonly reason: ReasonCode; readonly problem?: ArchiveProblem };

function afterStore(answer: Awaited<ReturnType<Archive['store']>>, destination: Destination): AfterStore {
  const confirmed: AfterStore =
    destination.confirm === 'read-back'
      ? { kind: 'go', move: { to: 'confirming' } }
      : { kind: 'end', move: { to: 'stored-unconfirmed' } };
  switch (answer.kind) {
    case 'stored':
      return confirmed;
    case 'partly':
    case 'refused': {
      const refused = answer.refused[0];
      if (!refused) return confirmed;
      if (refused.means === 'duplicate') return { kind: 'look', move: { to: 'looking' } };
      return refused.means === 'retry'
        ? { kind: 'wait', reason: refused.reason }
        : { kind: 'end', move: { to: 'held', reason: refused.reason } };
    }
    case 'renumbered':
      return { kind: 'end', move: { to: 'held', reason: 'destination-renumbers' } };
    case 'unauthorised':
      return { kind: 'wait', reason: 'archive-unauthorised' };
    case 'forbidden':
      return { kind: 'wait', reason: 'archive-forbidden' };
    case 'busy':
      return {
        kind: 'wait',
        reason: 'archive-busy',
        ...(answer.retryAfter === undefined
          ? {}
          : { problem: { code: 'archive-busy', retryAfter: answer.retryAfter } }),
      };
    case 'unclear':
      return { kind: 'look', move: { to: 'looking', reason: 'store-unclear', attempt: 'counted' } };
    case 'failed':
      return reasonOf(answer.problem.code).retry === 'never'
        ? { kind: 'end', move: { to: 'held', reason: answer.problem.code } }
        : { kind: 'wait', reason: answer.problem.code, problem: answer.problem };
  }
}

type Compared =
  | { readonly kind: 'equal' }
  | { readonly kind: 'differs'; readonly reason: ReasonCode }
  | { readonly kind: 'problem'; readonly problem: ArchiveProblem };

/** Fetches the object and compares every bit with what was sent. */
async function confirm(
  archive: Archive,
  delivery: Delivery,
  sent: Uint8Array,
): Promise<Compared | { readonly kind: 'missing' }> {
  const received = await archive.retrieve(placeOf(delivery));
  if (!received.ok)
    return received.error.code === 'image-gone' ? { kind: 'missing' } : { kind: 'problem', problem: received.error };
  return compareWithSent(archive, delivery, sent, received.value);
}

/**
 * Patient and study attributes may have been corrected by the archive: they are right when they are what the archive now says of the study.
 */
async function compareWithSent(
  archive: Archive,
  delivery: Delivery,
  sent: Uint8Array,
  received: Uint8Array,
): Promise<Compared> {
  const compared = compareReadBack(sent, received);
  if (compared.kind === 'equal') return { kind: 'equal' };
  if (compared.kind === 'differs') return { kind: 'differs', reason: 'read-back-differs' };
  const study = await archive.search(
    'studies',
    { StudyInstanceUID: delivery.studyInstanceUID },
    { include: ['PatientID', 'PatientName'] },
  );
  if (!study.ok) return { kind: 'problem', problem: study.error };
  const stored = readPart10(received);
  const now = study.value[0];
  return now && stored.ok && sameIdentity(now, stored.value.dataSet)
    ? { kind: 'equal' }
    : { kind: 'differs', reason: 'read-back-identity-differs' };
}

const sameIdentity = (study: DataSet, object: DataSet): boolean =>
  [TAG.PatientID, TAG.PatientName, TAG.StudyInstanceUID].every(
    (tag) => (study.text(tag) ?? '') === (object.text(tag) ?? ''),
  );

const placeOf = (d: Delivery) => ({
  study: d.studyInstanceUID,
  series: d.seriesInstanceUID,
  instance: d.sopInstanceUID,
});
