import type { EventFields, EventLog, EventName, ReasonCode } from '../domain/index.js';

/** What this process has seen of a source since it started. */
export interface SourceContact {
  /** When a search of it last came to its end. */
  readonly answered: number | undefined;
  readonly failing: { readonly since: number; readonly reason: ReasonCode | 'unknown' } | undefined;
}

export interface Observations {
  /** The log that was given, watched on its way. */
  readonly log: EventLog;
  contact(source: string): SourceContact;
}

/** Watches the log for what archives answer: the page tells since when each one is silent. */
export function startObservations(log: EventLog, now: () => number): Observations {
  const contacts = new Map<string, SourceContact>();
  const of = (source: string): SourceContact => contacts.get(source) ?? { answered: undefined, failing: undefined };
  return {
    log: {
      event<N extends EventName>(name: N, fields: EventFields<N>) {
        const given: Readonly<Record<string, unknown>> = fields;
        const source = given['source'];
        if (typeof source === 'string') {
          if (name === 'sweep.done' || name === 'sweep.quiet')
            contacts.set(source, { answered: now(), failing: undefined });
          else if (name === 'sweep.failed') {
            const { answered, failing } = of(source);
            const reason = (given['reason'] as ReasonCode | undefined) ?? 'unknown';
            contacts.set(source, { answered, failing: { since: failing?.since ?? now(), reason } });
          }
        }
        log.event(name, fields);
      },
    },
    contact: of,
  };
}
