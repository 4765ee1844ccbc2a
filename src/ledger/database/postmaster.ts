/** What `postmaster.pid` says of a data folder, and whether it is true. */
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { codeOf } from './database-types.js';

const run = promisify(execFile);

export interface Postmaster {
  readonly pid: number;
  readonly socketFolder: string;
}

/** The server that runs on a data folder, whoever started it. */
export async function livingPostmaster(dataFolder: string): Promise<Postmaster | undefined> {
  const lines = await linesOf(join(dataFolder, 'postmaster.pid'));
  const pid = Number(lines?.[0]);
  if (!lines || !Number.isInteger(pid) || pid <= 0) return undefined;
  return (await isServerOf(pid, dataFolder)) ? { pid, socketFolder: lines[4] ?? '' } : undefined;
}

/**
 * PostgreSQL itself ignores the lock files of a process that is gone, but not when that number belongs to another process of the same user
 * (containers count from 1 each time), or to its own remains that nobody has collected yet. Putting our pid in that place makes it ignore
 * those too, since it knows its parent, and leaves its check of the shared memory that the file names alone.
 */
export async function disownStaleLockFiles(dataFolder: string, socketFolder: string, port: number): Promise<void> {
  if (await livingPostmaster(dataFolder)) return;
  for (const file of [join(dataFolder, 'postmaster.pid'), join(socketFolder, `.s.PGSQL.${port}.lock`)]) {
    const lines = await linesOf(file);
    if (lines) await writeFile(file, [String(process.pid), ...lines.slice(1)].join('\n'));
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EPERM') return true;
    if (codeOf(error) === 'ESRCH') return false;
    throw error;
  }
}

async function linesOf(file: string): Promise<readonly string[] | undefined> {
  try {
    return (await readFile(file, 'utf8')).split('\n');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

export async function isServerOf(pid: number, dataFolder: string): Promise<boolean> {
  if (!isAlive(pid)) return false;
  const words = await commandLineOf(pid);
  return words !== undefined && /^postgres(\.exe)?$/.test(basename(words[0] ?? '')) && words.includes(dataFolder);
}

async function commandLineOf(pid: number): Promise<readonly string[] | undefined> {
  try {
    if (process.platform === 'linux') return (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0');
    return (await run('ps', ['-o', 'command=', '-p', String(pid)])).stdout.trim().split(/ (?=[-/])/);
  } catch (error) {
    // It ended between the two looks: /proc says ENOENT or ESRCH, ps exits with 1.
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ESRCH' || !isAlive(pid)) return undefined;
    throw error;
  }
}
