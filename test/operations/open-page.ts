import { randomUUID } from 'node:crypto';
import type { AuditRecord } from '../../src/operations/audit/audit-message.js';
import {
  startMetrics,
  startObservations,
  startPage,
  type AccessSettings,
  type PageServer,
  type PageWorld,
} from '../../src/operations/index.js';
import { lesionViews, lookUpNamed, neighbourSlice } from '../../src/pipeline/index.js';
import type { SmallWorld } from '../pipeline/small-world.js';

/** A page on loopback without users: whoever comes is admin. */
export const ON_THIS_MACHINE: AccessSettings = {
  reach: 'loopback',
  hosts: ['127.0.0.1', 'localhost'],
  tls: 'none',
  users: [],
  tokens: [],
  idleMs: 60_000,
};

export interface OpenPage {
  readonly server: PageServer;
  readonly audited: AuditRecord[];
  readonly logged: string[];
}

/** The page on a small world, as the daemon opens it. */
export async function openPage(
  { world }: SmallWorld,
  access: AccessSettings = ON_THIS_MACHINE,
  different: Partial<PageWorld> = {},
): Promise<OpenPage> {
  const audited: AuditRecord[] = [];
  const logged: string[] = [];
  const metrics = startMetrics({ event: (name) => logged.push(name) });
  const started = await startPage(
    { host: '127.0.0.1', port: 0 },
    {
      ledger: world.ledger,
      log: metrics.log,
      metrics,
      observations: startObservations(metrics.log, Date.now),
      now: Date.now,
      network: () => ({ state: 'not-asked-for' }),
      configuration: () => ({ loaded: new Date(0), refused: undefined }),
      softwareVersion: '0',
      access,
      audit: (record) => audited.push(record),
      viewer: 'https://viewer.example/?study={study}&image={instance}',
      lesionViews: (story) => lesionViews(story, world),
      neighbour: (view, step, story) => neighbourSlice(view, step, story, world),
      replay: (selection, by) => world.ledger.reopen(selection, world.digests, 'replay', by),
      async lookUp(name, references) {
        const source = world.sources.get(name);
        if (!source) return { ok: false, error: 'unknown-source' };
        const looked = await lookUpNamed(source, references, world);
        return looked.ok ? looked : { ok: false, error: looked.error.code };
      },
      ...different,
    },
  );
  if (!started.ok) throw new Error(JSON.stringify(started.error));
  return { server: started.value, audited, logged };
}

/** A token that nobody has guessed. */
export const someToken = (): string => `${randomUUID()}${randomUUID()}`;
