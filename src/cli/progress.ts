import type { Terminal } from './terminal.js';

export interface Progress {
  /** One more is done. */
  step(): void;
  end(): void;
}

const SHOWN_EVERY_MS = 200;
const LOGGED_EVERY_MS = 10_000;

/** How far work has come, its rate and the time it will still take: in one place on a terminal, a line now and then elsewhere. */
export function startProgress(total: number, things: string, terminal: Terminal, now: () => number): Progress {
  const started = now();
  const every = terminal.status ? SHOWN_EVERY_MS : LOGGED_EVERY_MS;
  let shown = started;
  let done = 0;
  const show = terminal.status ?? ((line: string) => terminal.err(line));
  return {
    step() {
      done++;
      const time = now();
      if (time - shown < every) return;
      shown = time;
      const rate = (1000 * done) / (time - started);
      show(
        `${done} of ${total} ${things}, ${rate.toPrecision(3)} a second, ${duration((total - done) / rate)} remaining`,
      );
    },
    end() {
      terminal.status?.('');
      terminal.err(`${done} of ${total} ${things} in ${duration((now() - started) / 1000)}`);
    },
  };
}

function duration(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${(minutes / 60).toFixed(1)} h`;
}
