import { openArchive, type Archive, type ArchiveOptions } from '../../src/dicomweb/index.js';

export const clock = {
  now: () => Date.now(),
  sleep: (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds)),
};

/** An archive with a budget that does not matter and patience for slow machines. */
export const open = (url: string, options: Partial<ArchiveOptions> = {}): Archive =>
  openArchive(
    {
      name: 'test',
      url,
      credentials: { kind: 'none' },
      budget: { requestsPerSecond: 10_000, megabytesPerSecond: 10_000 },
      timeouts: { connect: 10_000, headers: 20_000, body: 20_000, whole: 40_000 },
      maximumAnswerBytes: 50_000_000,
      ...options,
    },
    clock,
  );
