import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../environment/free-port.js';
import { answering } from '../../ledger/databases.js';

/** A PostgreSQL of the site that can go away and come back. */
export interface SiteDatabase {
  readonly url: string;
  start(): Promise<void>;
  /** All connections are cut. */
  stop(): Promise<void>;
  close(): Promise<void>;
}

const NOBODY = { uid: 65534, gid: 65534 };

export async function makeSiteDatabase(programs: string): Promise<SiteDatabase> {
  const folder = mkdtempSync(join(tmpdir(), 'caliper-site-'));
  const account = process.getuid!() === 0 ? NOBODY : {};
  if (process.getuid!() === 0) chownSync(folder, NOBODY.uid, NOBODY.gid);
  const data = join(folder, 'data');
  const made = spawnSync(
    join(programs, 'initdb'),
    ['-D', data, '-U', 'site', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'],
    { ...account, cwd: folder, encoding: 'utf8', env: {} },
  );
  if (made.status !== 0) throw new Error(made.stderr);
  const port = await freePort();
  const settings = ['listen_addresses=127.0.0.1', `port=${port}`, `unix_socket_directories=${folder}`, 'fsync=off'];
  const url = `postgres://site@127.0.0.1:${port}/postgres`;
  let server: ChildProcess | undefined;
  const stop = async (): Promise<void> => {
    if (!server) return;
    const ended = once(server, 'exit');
    server.kill('SIGINT');
    await ended;
    server = undefined;
  };
  return {
    url,
    start: async () => {
      server = spawn(join(programs, 'postgres'), ['-D', data, ...settings.flatMap((setting) => ['-c', setting])], {
        ...account,
        cwd: folder,
        env: {},
        stdio: 'ignore',
      });
      await answering(url);
    },
    stop,
    close: async () => {
      await stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
