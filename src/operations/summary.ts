import { reasonOf } from '../domain/index.js';
import type {
  AgreementDrift,
  Ledger,
  LedgerStatus,
  OutcomeCount,
  Role,
  SourceActivity,
  Work,
} from '../ledger/index.js';
import { loadByArchive, type LoadOfArchive } from './load-by-hour.js';
import type { Observations, SourceContact } from './observations.js';

/** What the first screen says. */
export interface Summary {
  /** When it was counted, milliseconds. */
  readonly at: number;
  readonly status: LedgerStatus;
  readonly outcomes: readonly OutcomeCount[];
  readonly work: Work;
  readonly roles: readonly Role[];
  readonly sources: readonly SourceLine[];
  readonly warnings: readonly string[];
  /** Of each archive since midnight (UTC). */
  readonly load: readonly LoadOfArchive[];
}

export interface SourceLine extends SourceActivity {
  readonly contact: SourceContact;
  readonly mode: Role['mode'];
}

/** Counts older than this are made again, even where no work was done since: somebody may have paused something. */
const FRESH_MS = 5_000;
/** Counts older than this are not shown while new ones are made. */
const STALE_MS = 120_000;
/** So long whoever looks waits for new counts before he sees the last ones. */
const PATIENCE_MS = 50;

/**
 * Counting everything takes a look at everything, so it is done once for all who look at the page, and only where something has happened. Where it
 * takes long, the last counts are shown with their time.
 */
export class Summaries {
  #kept: Summary | undefined;
  #pulse: number | undefined;
  #making: Promise<Summary> | undefined;

  constructor(
    private readonly ledger: Ledger,
    private readonly observations: Observations,
    private readonly now: () => number,
  ) {}

  async current(): Promise<Summary> {
    const age = this.#kept ? this.now() - this.#kept.at : Infinity;
    if (this.#kept && age < FRESH_MS && (await this.ledger.pulse()) === this.#pulse) return this.#kept;
    this.#making ??= this.#make().finally(() => (this.#making = undefined));
    if (!this.#kept || age > STALE_MS) return this.#making;
    const last = this.#kept;
    // whoever asks next is told if it failed
    this.#making.catch(() => (this.#kept = undefined));
    return Promise.race([
      this.#making,
      new Promise<Summary>((show) => setTimeout(() => show(last), PATIENCE_MS).unref()),
    ]);
  }

  /** What was counted no longer holds: somebody has just changed it. */
  forget(): void {
    this.#kept = undefined;
  }

  async #make(): Promise<Summary> {
    const { ledger } = this;
    this.#pulse = await ledger.pulse();
    const midnight = new Date(this.now() - (this.now() % (24 * HOUR_MS)));
    const [status, outcomes, work, roles, activity, drift, load] = await Promise.all([
      ledger.status(),
      ledger.outcomeCounts(),
      ledger.work(),
      ledger.roles(),
      ledger.sourceActivity(),
      ledger.agreementDrift(),
      ledger.archiveLoad(midnight),
    ]);
    const at = this.now();
    const sources = activity.map((source) => ({
      ...source,
      contact: this.observations.contact(source.source),
      mode: roles.find((r) => r.role === 'source' && r.name === source.source)?.mode ?? 'live',
    }));
    this.#kept = {
      at,
      status,
      outcomes,
      work,
      roles,
      sources,
      warnings: warningsOf(sources, drift, status, at),
      load: loadByArchive(load),
    };
    return this.#kept;
  }
}

const HOUR_MS = 3_600_000;
/** A source with fewer new reports in two weeks has no rhythm that could be broken. */
const RHYTHM = 20;

function warningsOf(
  sources: readonly SourceLine[],
  drift: AgreementDrift,
  status: LedgerStatus,
  now: number,
): readonly string[] {
  const warnings: string[] = [];
  for (const { source, contact, mode, lastNew, newInTwoWeeks, longestPauseMs } of sources) {
    if (mode === 'paused') continue;
    if (contact.failing)
      warnings.push(
        `${source} does not answer as it should since ${timeText(contact.failing.since)}: ${
          contact.failing.reason === 'unknown' ? 'the log says why' : reasonOf(contact.failing.reason).says
        }`,
      );
    const silentMs = lastNew ? now - lastNew.getTime() : 0;
    const usualMs = Math.max(2 * HOUR_MS, 1.5 * (longestPauseMs ?? Infinity));
    if (newInTwoWeeks >= RHYTHM && silentMs > usualMs)
      warnings.push(
        `${source} has shown no new report for ${hours(silentMs)}; its longest pause in two weeks was ${hours(longestPauseMs ?? 0)}.`,
      );
  }
  const { recent, before } = drift;
  const error = Math.sqrt(recent.deviation ** 2 / recent.count + before.deviation ** 2 / before.count);
  const change = recent.mean - before.mean;
  if (recent.count >= 30 && before.count >= 30 && Math.abs(change) > Math.max(0.05, 3 * error))
    warnings.push(
      `Agreement has ${change < 0 ? 'fallen' : 'risen'} from ${before.mean.toFixed(2)} to ${recent.mean.toFixed(2)} this week: see whether scanners, readers or reports have changed.`,
    );
  if (status.oldestDue && now - status.oldestDue.getTime() > HOUR_MS)
    warnings.push(`Work that is due has been waiting for ${hours(now - status.oldestDue.getTime())}.`);
  return warnings;
}

const hours = (milliseconds: number): string => {
  const h = milliseconds / HOUR_MS;
  return h < 48 ? `${h.toFixed(1)} hours` : `${(h / 24).toFixed(1)} days`;
};

const timeText = (milliseconds: number): string =>
  `${new Date(milliseconds).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
