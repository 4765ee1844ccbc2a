import type { Configuration } from '../configuration/index.js';
import { ok, type Result } from '../domain/index.js';
import { Sessions, type ConfigurationState } from '../operations/index.js';
import { bundleAskedFor } from './bundles.js';
import { loadConfiguration, openArchives, type StartProblem } from './configured-world.js';
import { startDaemonProcess } from './daemon-process.js';
import { openLog } from './event-log.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import { pageAccess } from './page-access.js';
import type { Terminal } from './terminal.js';
import { hangUps, untilSignal } from './until-signal.js';

/**
 * `caliper run`: the daemon. SIGHUP makes it read its configuration again: a file that is not good is refused, with the reason in the log and at
 * `/healthz`, and the last good one stays at work.
 */
export async function run(options: { readonly config: string }, terminal: Terminal): Promise<ExitCode> {
  const configuration = await loadConfiguration(options.config);
  if (!configuration.ok) return ended(configuration.error, terminal);
  const log = openLog(process.stderr.isTTY ? 'terminal' : 'json');
  const signalled = untilSignal();
  const hangUp = hangUps();
  let state: ConfigurationState = { loaded: new Date(), refused: undefined };
  // who is signed in stays so when another file is taken, unless it is the people that changed
  const sessions = new Sessions(Date.now);
  const start = (of: Configuration) => startDaemonProcess(of, options.config, log, () => state, sessions);
  const refuse = ({ says }: StartProblem) => {
    state = { ...state, refused: { at: new Date(), says } };
    log.event('configuration.refused', { problems: says.length, ...placeOf(says[0]) });
  };

  let good = configuration.value;
  let daemon = await start(good);
  while (daemon.ok) {
    const end = await Promise.race([signalled, daemon.value.configured.lost, hangUp.next()]);
    if (end !== 'hang-up') {
      log.event('daemon.stopping', { signal: 'signal' in end ? end.signal : 'database-lost' });
      await daemon.value.stop();
      await log.close();
      return 'signal' in end ? end.exit : ended(end, terminal);
    }
    const next = await startable(options.config);
    if (!next.ok) {
      refuse(next.error);
      continue;
    }
    await daemon.value.stop();
    daemon = await start(next.value);
    if (daemon.ok) {
      good = next.value;
      state = { loaded: new Date(), refused: undefined };
      log.event('configuration.reloaded', {});
    } else {
      refuse(daemon.error);
      daemon = await start(good);
    }
  }
  await log.close();
  return ended(daemon.error, terminal);
}

/** A configuration of which everything is at hand that can be looked at while the last one is at work. */
async function startable(file: string): Promise<Result<Configuration, StartProblem>> {
  const configuration = await loadConfiguration(file);
  if (!configuration.ok) return configuration;
  const access = pageAccess(configuration.value);
  if (!access.ok) return access;
  const archives = openArchives(configuration.value);
  if (!archives.ok) return archives;
  await Promise.all([...archives.value.values()].map((archive) => archive.close()));
  const bundle = await bundleAskedFor(configuration.value);
  return bundle.ok ? ok(configuration.value) : { ok: false, error: { exit: EXIT.cannotStart, says: [bundle.error] } };
}

/** Of a sentence about the file, the line and the setting: the rest may quote what somebody wrote. */
function placeOf(says: string | undefined): { line?: number; setting?: string } {
  const found = /:(\d+): ([\w.[\]]+) /.exec(says ?? '');
  if (found) return { line: Number(found[1]), setting: found[2]! };
  const part = /^(page(\.\w+)*|archives): /.exec(says ?? '');
  return part ? { setting: part[1]! } : {};
}

/** Prints why a command cannot begin; gives its exit code. */
export function ended(
  problem: { readonly exit: ExitCode; readonly says: readonly string[] },
  terminal: Terminal,
): ExitCode {
  for (const line of problem.says) terminal.err(line);
  return problem.exit;
}
