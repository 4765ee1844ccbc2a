import { afterEach } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  startArchive,
  type ArchiveNotice,
  type ArchiveServerOptions,
  type RunningArchive,
} from '../../src/archive/index.js';

interface ScratchArchive extends RunningArchive {
  readonly folder: string;
  readonly notices: readonly ArchiveNotice[];
}

const clean: (() => Promise<void>)[] = [];

/** To be called once in a test file: ends archives and removes folders after each test. */
export const cleanUpAfterEach = (): void =>
  afterEach(async () => {
    for (const step of clean.splice(0).reverse()) await step();
  });

export async function scratchFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'archive-'));
  clean.push(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export async function scratchArchive(options: Partial<ArchiveServerOptions> = {}): Promise<ScratchArchive> {
  const folder = options.folder ?? (await scratchFolder());
  const notices: ArchiveNotice[] = [];
  const archive = await startArchive(
    { host: '127.0.0.1', port: 0, ...options, folder },
    { randomUUID, report: (notice) => void notices.push(notice) },
  );
  let open = true;
  const close = async (): Promise<void> => {
    if (open) await archive.close();
    open = false;
  };
  clean.push(close);
  return { ...archive, close, folder, notices };
}
