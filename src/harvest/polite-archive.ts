import type { Archive, ArchiveProblem } from '../dicomweb/index.js';
import type { Result } from '../domain/index.js';
import { AtOnce } from './at-once.js';
import { Latency } from './latency.js';
import type { HarvestWorld, Terms } from './settings.js';

/** What one archive was asked for. */
export interface Load {
  readonly requests: number;
  readonly bytes: number;
}

export interface PoliteArchive {
  readonly archive: Archive;
  load(): Load;
}

/** Requests under way: as many as there are connections to an archive. */
const AT_ONCE = 4;

/**
 * The same archive, asked evenly: requests a second and bytes a second are this process's share of its budget, spread instead of in bursts, and fewer while its
 * answers become slow. The archive's own governor stays beneath it. Whoever asks is served in the order of asking, a few at a time, so that the time
 * of an answer is the archive's and not that of a queue of ours.
 */
export function politely(
  archive: Archive,
  terms: Terms,
  clock: Pick<HarvestWorld, 'now' | 'sleep' | 'share'>,
): PoliteArchive {
  const spacingMs = () => 1000 / (terms.requestsPerSecond * clock.share());
  const bytesAMs = () => terms.megabytesPerSecond * 1000 * clock.share();
  const latency = new Latency();
  const atOnce = new AtOnce(AT_ONCE);
  let next = 0;
  let requests = 0;
  let bytes = 0;

  /** Waits for its turn; every further request of the same answer delays the next turn. */
  async function turn(): Promise<number> {
    const now = clock.now();
    const at = Math.max(now, next);
    next = at + spacingMs() + latency.pauseMs();
    if (at > now) await clock.sleep(at - now);
    requests++;
    return clock.now();
  }
  const delay = (ms: number) => (next = Math.max(next, clock.now()) + ms);

  function also(more: number): void {
    requests += more;
    delay(more * spacingMs());
  }

  const asked = <T>(kind: 'search' | 'retrieve', ask: () => Promise<Result<T, ArchiveProblem>>) =>
    atOnce.run(async () => {
      const start = await turn();
      const answer = await ask();
      if (answer.ok) latency.took(kind, clock.now() - start);
      return answer;
    });

  return {
    load: () => ({ requests, bytes }),
    archive: {
      ...archive,
      async survey(level, query, options) {
        const answer = await asked('search', () => archive.survey(level, query, options));
        if (answer.ok) also(answer.value.requests - 1);
        return answer;
      },
      search: (level, query, options) => asked('search', () => archive.search(level, query, options)),
      locate: (instance, study) => asked('search', () => archive.locate(instance, study)),
      metadata: (of) => asked('retrieve', () => archive.metadata(of)),
      async retrieve(instance) {
        const answer = await asked('retrieve', () => archive.retrieve(instance));
        if (answer.ok) {
          bytes += answer.value.length;
          const owed = answer.value.length / bytesAMs() - spacingMs();
          if (owed > 0) delay(owed);
        }
        return answer;
      },
    },
  };
}
