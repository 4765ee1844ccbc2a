import { loadConfiguration } from './configured-world.js';
import { startDaemonProcess } from './daemon-process.js';
import { openLog } from './event-log.js';
import type { ExitCode } from './exit-codes.js';
import type { Terminal } from './terminal.js';
import { untilSignal } from './until-signal.js';

/** `caliper run`: the daemon. */
export async function run(options: { readonly config: string }, terminal: Terminal): Promise<ExitCode> {
  const configuration = await loadConfiguration(options.config);
  if (!configuration.ok) return ended(configuration.error, terminal);
  const log = openLog(process.stderr.isTTY ? 'terminal' : 'json');
  const signalled = untilSignal();
  const daemon = await startDaemonProcess(configuration.value, options.config, log);
  if (!daemon.ok) {
    await log.close();
    return ended(daemon.error, terminal);
  }
  const end = await Promise.race([signalled, daemon.value.configured.lost]);
  log.event('daemon.stopping', { signal: 'signal' in end ? end.signal : 'database-lost' });
  await daemon.value.stop();
  await log.close();
  return 'signal' in end ? end.exit : ended(end, terminal);
}

/** Prints why a command cannot begin; gives its exit code. */
export function ended(
  problem: { readonly exit: ExitCode; readonly says: readonly string[] },
  terminal: Terminal,
): ExitCode {
  for (const line of problem.says) terminal.err(line);
  return problem.exit;
}
