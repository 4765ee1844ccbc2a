import type { Ledger } from '../ledger/index.js';

export type Readiness =
  | {
      readonly status: 'ready';
      /** Sources and destinations that someone or something paused: work goes on without them. */
      readonly paused: readonly string[];
      readonly network: NetworkState;
    }
  | { readonly status: 'not-ready'; readonly because: 'database-unreachable' };

/** Where the network runs, or why it does not. */
export type NetworkState =
  | { readonly state: 'not-asked-for' }
  | { readonly state: 'ready'; readonly provider: string; readonly because: string }
  | { readonly state: 'starting' | 'down' | 'closed'; readonly because?: string };

/** Whether this process can work now: for a load balancer or an orchestrator. An archive that is away makes nobody unready: work waits for it. */
export async function readiness(ledger: Ledger, network: NetworkState): Promise<Readiness> {
  try {
    const roles = await ledger.roles();
    const paused = roles.filter((r) => r.mode === 'paused').map((r) => `${r.role}:${r.name}`);
    return { status: 'ready', paused, network };
  } catch {
    // whatever it is that the database says: the reason stands in the log where its connection broke
    return { status: 'not-ready', because: 'database-unreachable' };
  }
}
