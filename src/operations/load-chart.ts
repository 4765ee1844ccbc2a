import { raw, type Html } from './html.js';
import type { LoadOfArchive } from './load-by-hour.js';

const HOUR_MS = 3_600_000;
const WIDTH = 720;
const HEIGHT = 60;
const LEFT = 90;

/** Requests and megabytes of one archive, hour by hour from the first to the last hour of the time, with the days below. */
export function loadChart({ hours }: LoadOfArchive, from: Date, until: Date): Html {
  const first = Math.floor(from.getTime() / HOUR_MS);
  const count = Math.max(1, Math.ceil(until.getTime() / HOUR_MS) - first);
  const step = (WIDTH - LEFT) / count;
  const bars = (values: readonly number[], top: number, unit: string, digits: number): string => {
    const most = Math.max(...values);
    const rects = values.map((value, i) => {
      const height = most === 0 ? 0 : (HEIGHT * value) / most;
      return value === 0
        ? ''
        : `<rect x="${(LEFT + i * step).toFixed(2)}" y="${(top + HEIGHT - height).toFixed(2)}" width="${Math.max(0.6, step * 0.85).toFixed(2)}" height="${height.toFixed(2)}"/>`;
    });
    const base = `<line class="base" x1="${LEFT}" x2="${WIDTH}" y1="${top + HEIGHT}" y2="${top + HEIGHT}"/>`;
    return `${rects.join('')}${base}<text class="unit" x="0" y="${top + 10}">${most.toFixed(digits)}</text><text class="unit" x="0" y="${top + 22}">${unit}</text>`;
  };
  const at = (what: 'requests' | 'bytes'): number[] => {
    const values = Array<number>(count).fill(0);
    for (const row of hours) {
      const i = Math.floor(row.hour.getTime() / HOUR_MS) - first;
      if (i >= 0 && i < count) values[i] = row[what];
    }
    return values;
  };
  const megabytesAt = at('bytes').map((bytes) => bytes / 1e6);
  return raw(
    `<svg class="load" viewBox="0 0 ${WIDTH} ${2 * HEIGHT + 34}" role="img" aria-label="Requests and megabytes in each hour">` +
      bars(at('requests'), 0, 'requests an hour', 0) +
      bars(megabytesAt, HEIGHT + 14, 'MB an hour', Math.max(...megabytesAt) < 1 ? 3 : 1) +
      dayTexts(first, count, step) +
      '</svg>',
  );
}

function dayTexts(first: number, count: number, step: number): string {
  const midnights = Array.from({ length: count }, (_, i) => i).filter((i) => (first + i) % 24 === 0);
  // of many days only some are named, so that names do not touch
  const every = Math.max(1, Math.ceil(midnights.length / Math.floor((WIDTH - LEFT) / 60)));
  return midnights
    .filter((_, n) => n % every === 0)
    .map((i) => {
      const x = (LEFT + i * step).toFixed(2);
      const day = new Date((first + i) * HOUR_MS).toISOString().slice(5, 10);
      return `<line class="day" x1="${x}" x2="${x}" y1="0" y2="${2 * HEIGHT + 20}"/><text class="unit" x="${x}" y="${2 * HEIGHT + 31}">${day}</text>`;
    })
    .join('');
}
