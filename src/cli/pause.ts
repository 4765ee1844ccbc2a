import { registerRoles } from './configured-world.js';
import { openGuestLedger } from './guest-ledger.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import { ended } from './run.js';
import { sharePercent } from './share-percent.js';
import type { Terminal } from './terminal.js';
import { textTable } from './text-table.js';
import { userName } from './user-name.js';

interface PauseOptions {
  readonly config: string;
  /** `source:NAME`, `destination:NAME`, or `NAME` for every role of that archive. */
  readonly names: readonly string[];
  readonly json: boolean;
}

/** `caliper pause` and `caliper resume`; without names: how everything stands. It lasts through restarts, and a running daemon obeys at once. */
export async function pause(
  to: 'paused' | 'resumed' | 'shown',
  options: PauseOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const opened = await openGuestLedger(options.config);
  if (!opened.ok) return ended(opened.error, terminal);
  const { configuration, ledger } = opened.value;
  try {
    await registerRoles(configuration, ledger);
    const known = await ledger.roles();
    for (const wanted of options.names) {
      const matching = known.filter((r) => wanted === r.name || wanted === `${r.role}:${r.name}`);
      if (matching.length === 0) {
        terminal.err(
          `there is no source or destination ${wanted}; there are ${known.map((r) => `${r.role}:${r.name}`).join(', ')}`,
        );
        return EXIT.usage;
      }
      for (const { role, name } of matching)
        if (to === 'paused') await ledger.pauseRole(role, name, `by ${userName()}`);
        else if (to === 'resumed') await ledger.resumeRole(role, name);
    }
    const now = await ledger.roles();
    const canaryOf = ({ role, name }: (typeof now)[number]) =>
      role === 'destination' ? configuration.destinations.find((d) => d.archive === name)?.canary : undefined;
    if (options.json)
      for (const role of now)
        terminal.out(
          JSON.stringify({
            role: role.role,
            name: role.name,
            mode: role.mode,
            configured: role.configured,
            canary: canaryOf(role) ?? null,
            paused: role.pausedReason ?? null,
            firstLive: role.firstLive?.toISOString() ?? null,
          }),
        );
    else
      terminal.out(
        textTable(
          ['role', 'name', 'mode', 'configured', 'canary', 'paused', 'live since'],
          now.map((r) => [
            r.role,
            r.name,
            r.mode,
            r.configured,
            sharePercent(canaryOf(r)),
            r.pausedReason ?? '',
            r.firstLive?.toISOString().slice(0, 16).replace('T', ' ') ?? 'never',
          ]),
        ),
      );
    return EXIT.done;
  } finally {
    await opened.value.close();
  }
}
