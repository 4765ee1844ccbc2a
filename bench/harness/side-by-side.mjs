import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/**
 * A peer in Python: a script of bench/ that reads requests and writes replies, a line of JSON each (peer.py). It stays alive between requests,
 * so that ours and theirs can take turns within one run.
 */
export function startPeer(python, script) {
  const path = fileURLToPath(new URL(`../${script}`, import.meta.url));
  // one thread each: the libraries under numpy start more otherwise
  const env = {
    ...process.env,
    PYTHONPATH: import.meta.dirname,
    OMP_NUM_THREADS: '1',
    OPENBLAS_NUM_THREADS: '1',
    PYTHONDONTWRITEBYTECODE: '1',
  };
  const child = spawn(python, [path], { stdio: ['pipe', 'pipe', 'inherit'], env });
  const replies = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    /** Sends a request and waits for its reply. Typed arrays travel as `{ base64 }` (see `packed`). */
    async ask(request) {
      child.stdin.write(`${JSON.stringify(request)}\n`);
      const { done, value } = await replies.next();
      if (done) throw new Error(`the peer ${script} ended: see above`);
      return JSON.parse(value);
    },
    close() {
      child.stdin.end();
    },
  };
}

/** A typed array as a peer reads it (peer.array), and back. */
export const packed = (array) => ({
  dtype: array.constructor.name.replace('Array', '').toLowerCase(),
  base64: Buffer.from(array.buffer, array.byteOffset, array.byteLength).toString('base64'),
});

export const unpacked = (Kind, { base64 }) => {
  const bytes = Uint8Array.from(Buffer.from(base64, 'base64'));
  return new Kind(bytes.buffer);
};

/** Milliseconds that the work takes. */
export function timed(work) {
  const start = performance.now();
  work();
  return performance.now() - start;
}

/** Milliseconds of processor time that the work takes: on a busy machine, what one thread would take on a quiet one. */
export function timedOnProcessor(work) {
  const start = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}

/**
 * Median milliseconds of several contenders that take turns: contender 1, 2, ... then the next round, so that what else the machine does meets all
 * of them. Each contender is a function that does its work once and gives (a promise of) the milliseconds it took. Rounds that only warm up the
 * compiler and the caches come first and are not counted.
 */
export async function alternate(contenders, { rounds = 15, warmUp = 5 } = {}) {
  const times = contenders.map(() => []);
  for (let round = -warmUp; round < rounds; round++)
    for (const [i, contender] of contenders.entries()) {
      const ms = await contender();
      if (round >= 0) times[i].push(ms);
    }
  return times.map(median);
}

export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** A row of the table where less is better. */
export const row = (what, ours, peer, unit) => ({ what, ours, peer, unit, ratio: peer / ours });
