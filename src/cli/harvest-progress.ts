import type { HarvestProgress } from '../harvest/index.js';
import type { Terminal } from './terminal.js';

const SHOWN_EVERY_MS = 200;
const LOGGED_EVERY_MS = 10_000;
const BAR = 20;

export interface ShownProgress {
  readonly show: (progress: HarvestProgress) => void;
  end(): void;
}

/** A bar with rate, remaining time and what came through on a terminal; a plain line now and then elsewhere. `now` in ms. */
export function startHarvestProgress(terminal: Terminal, now: () => number): ShownProgress {
  const started = now();
  const every = terminal.status ? SHOWN_EVERY_MS : LOGGED_EVERY_MS;
  let shown = started;
  let last: HarvestProgress | undefined;
  const line = (progress: HarvestProgress) =>
    lineOf(progress, (now() - started) / 1000, terminal.status ? 'bar' : 'plain');
  return {
    show(progress) {
      last = progress;
      if (now() - shown < every) return;
      shown = now();
      (terminal.status ?? ((text: string) => terminal.err(text)))(line(progress));
    },
    end() {
      terminal.status?.('');
      if (last) terminal.err(line(last));
    },
  };
}

function lineOf(p: HarvestProgress, seconds: number, look: 'bar' | 'plain'): string {
  // reports of months that were not searched yet are not known: the calendar bounds what is done
  const calendar = p.partitions === 0 ? 0 : p.partitionsDone / p.partitions;
  const share = calendar * (p.reports === 0 ? 1 : p.reportsDone / p.reports);
  const rate = p.reportsDoneHere / Math.max(seconds, 0.001);
  const remaining =
    share > 0.01 && share < 1 && p.waiting === undefined
      ? `, about ${durationText((seconds * (1 - share)) / share)} remaining`
      : '';
  const filled = Math.round(BAR * share);
  const bar = look === 'bar' ? `[${'#'.repeat(filled)}${'.'.repeat(BAR - filled)}] ` : '';
  const waiting = p.waiting === undefined ? '' : `, waiting: ${p.waiting}`;
  return (
    `${bar}${p.partitionsDone} of ${p.partitions} months; ${p.reportsDone} of ${p.reports} reports, ${rate.toPrecision(3)} a second${remaining}; ` +
    `${p.measurements} measurements, ${p.rows} rows; ${p.lost} reports lost; ${(p.requests / Math.max(seconds, 0.001)).toPrecision(3)} requests and ${(p.bytes / 1e6 / Math.max(seconds, 0.001)).toPrecision(3)} MB a second${waiting}`
  );
}

function durationText(seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${(minutes / 60).toFixed(1)} h`;
}
