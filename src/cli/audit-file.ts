import { dirname, join, resolve } from 'node:path';
import { resolveSecret, type Configuration } from '../configuration/index.js';
import { fail, ok, type EventFields, type EventLog, type EventName, type Result } from '../domain/index.js';
import { numberNamed, type Ledger } from '../ledger/index.js';
import { openAuditTrail, openSyslog, type AuditTrail } from '../operations/index.js';
import { secretSources, type StartProblem } from './configured-world.js';
import { EXIT } from './exit-codes.js';

/** Where the audit trail of a configuration lies: beside the state folder, which may be thrown away without it. */
export function auditFile({ audit, stateFolder }: Configuration, configurationFile: string): string {
  const here = dirname(resolve(configurationFile));
  return audit.file === undefined
    ? join(dirname(resolve(here, stateFolder)), 'caliper-audit.jsonl')
    : resolve(here, audit.file);
}

/** Opens the audit trail of a configuration, and the way to its repository where there is one. */
export async function openConfiguredAudit(
  configuration: Configuration,
  configurationFile: string,
  log: EventLog,
): Promise<Result<AuditTrail, StartProblem>> {
  const { syslog } = configuration.audit;
  const ca = syslog?.ca === undefined ? ok(undefined) : resolveSecret(syslog.ca, secretSources);
  if (!ca.ok) return fail({ exit: EXIT.usage, says: [`audit.syslog.ca: ${ca.error}`] });
  const failing = (code: string) => log.event('audit.failing', { error: code });
  const colon = syslog?.address.lastIndexOf(':') ?? 0;
  const repository = syslog
    ? openSyslog(
        { host: syslog.address.slice(0, colon), port: Number(syslog.address.slice(colon + 1)), ca: ca.value },
        failing,
      )
    : undefined;
  const trail = await openAuditTrail(auditFile(configuration, configurationFile), {
    now: Date.now,
    forward: (message, at) => repository?.send(message, at),
    failed: failing,
  });
  if (!trail.ok) {
    repository?.close();
    return fail({ exit: EXIT.cannotStart, says: [trail.error] });
  }
  return ok({
    ...trail.value,
    async close() {
      await trail.value.close();
      repository?.close();
    },
  });
}

/** Writes into the audit trail what is stored in an archive, as the log tells it; the UIDs come from the ledger. */
export function withStoresAudited(log: EventLog, trail: AuditTrail, ledger: () => Ledger | undefined): EventLog {
  const record = async (name: string, destination: string): Promise<void> => {
    const number = numberNamed(name);
    const object = number?.kind === 'object' ? await ledger()?.objectByNumber(number.number) : undefined;
    if (!object) return;
    trail.record({
      event: {
        kind: 'object-stored',
        object: name,
        studyInstanceUID: object.studyInstanceUID,
        sopInstanceUID: object.sopInstanceUID,
        destination,
      },
      by: undefined,
      outcome: 'success',
    });
  };
  return {
    event<N extends EventName>(name: N, fields: EventFields<N>) {
      log.event(name, fields);
      const { object, destination } = fields as { readonly object?: string; readonly destination?: string };
      if (name !== 'object.stored' || object === undefined || destination === undefined) return;
      record(object, destination).catch((error: unknown) =>
        log.event('audit.failing', { error: error instanceof Error ? error.name : typeof error }),
      );
    },
  };
}
