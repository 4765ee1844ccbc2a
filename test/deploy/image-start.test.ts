import { afterAll, expect, test } from '@jest/globals';
import { spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startArchive } from '../../src/archive/index.js';
import { freePort } from '../environment/free-port.js';

/**
 * The container without a container engine: a mount namespace in which everything is read-only but the folder of VOLUME, a user that owns
 * nothing else and has no capability, no environment but the image's, and ENTRYPOINT and CMD as deploy/Dockerfile has them. Not so as in the image: the
 * machine's own root file system and Node are what is seen, and the network is the machine's.
 */
const NOBODY = 65534;
const UNSHARE = '/usr/bin/unshare';
const SETPRIV = '/usr/bin/setpriv';
const folder = mkdtempSync(join(tmpdir(), 'caliper-image-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const dockerfile = readFileSync('deploy/Dockerfile', 'utf8');
const lineOf = (word: string): readonly string[] =>
  JSON.parse(new RegExp(`^${word} (.*)$`, 'm').exec(dockerfile)![1]!) as string[];
const APPLICATION = '/opt/caliper';
const [STATE] = lineOf('VOLUME');
const CONFIGURATION = '/etc/caliper/caliper.yaml';

const mayMount =
  process.getuid?.() === 0 &&
  spawnSync(UNSHARE, ['--mount', 'sh', '-c', 'mount -o remount,ro,bind /']).status === 0 &&
  spawnSync(SETPRIV, ['--version']).status === 0;
const whereMountsMayBeMade = mayMount ? test : test.skip;

whereMountsMayBeMade(
  'the start command of the image, as a user without rights on read-only files: ready, then ended by SIGTERM (needs root and mounts)',
  async () => {
    // in the image these are at the root; here in a folder that the mounts put there
    const inside = (path: string): string => join(folder, path);
    for (const path of [APPLICATION, STATE!, '/etc/caliper', '/pacs']) mkdirSync(inside(path), { recursive: true });
    chmodSync(folder, 0o755);
    chmodSync(inside(STATE!), 0o700);
    chownSync(inside(STATE!), NOBODY, NOBODY);
    const archive = await startArchive(
      { folder: inside('/pacs'), host: '127.0.0.1', port: 0 },
      { randomUUID, report: () => undefined },
    );
    const port = await freePort();
    writeFileSync(
      inside(CONFIGURATION),
      `archives: [{ name: pacs, url: ${archive.url} }]
sources: [{ archive: pacs }]
destinations: [{ archive: pacs, mode: shadow }]
rules: [{ store: { to: [pacs] } }]
stateFolder: ${inside(STATE!)}/state
page: { listen: 127.0.0.1:${port} }
`,
    );
    const command = [...lineOf('ENTRYPOINT'), ...lineOf('CMD')].map((word) =>
      word === 'node' ? process.execPath : word.startsWith('/') ? inside(word) : word,
    );
    expect(command).toHaveLength(5);
    const mounts = `set -e
mount --bind "$1" "$2"
mount -o remount,ro,bind "$2"
mount --bind "$3" "$3"
mount -o remount,ro,bind /
cd "$3"
shift 3
exec ${SETPRIV} --reuid=${NOBODY} --regid=${NOBODY} --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all "$@"`;
    const daemon = spawn(
      UNSHARE,
      ['--mount', 'sh', '-c', mounts, 'sh', process.cwd(), inside(APPLICATION), inside(STATE!), ...command],
      { env: { NODE_ENV: 'production', PATH: '/usr/local/bin:/usr/bin:/bin' }, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    const said: string[] = [];
    for (const stream of [daemon.stdout, daemon.stderr])
      stream.on('data', (data: Buffer) => said.push(data.toString()));
    const ended = new Promise<number | string | null>((done) =>
      daemon.once('close', (status, signal) => done(status ?? signal)),
    );
    try {
      let ready = 0;
      while (ready !== 200) {
        if (daemon.exitCode !== null) throw new Error(`it ended with ${daemon.exitCode}: ${said.join('')}`);
        await new Promise((done) => setTimeout(done, 100));
        ready = await fetch(`http://127.0.0.1:${port}/readyz`).then(
          (answer) => answer.status,
          () => 0,
        );
      }
      // as the image's HEALTHCHECK sees it
      const healthy = spawnSync(process.execPath, ['deploy/healthy.mjs'], {
        env: { CALIPER_PAGE: `http://127.0.0.1:${port}` },
      });
      expect(healthy.status).toBe(0);
      const status = readFileSync(`/proc/${daemon.pid}/status`, 'utf8');
      expect(/^Uid:\s+(.*)$/m.exec(status)![1]!.split(/\s+/)).toEqual(Array<string>(4).fill(String(NOBODY)));
      expect(/^CapEff:\s+(\w+)$/m.exec(status)![1]).toMatch(/^0+$/);
      daemon.kill('SIGTERM');
      expect([await ended, said.join('').includes('EROFS')]).toEqual([0, false]);
      // what it keeps is in the volume
      expect(readdirSync(inside(STATE!))).toContain('state');
    } finally {
      daemon.kill('SIGKILL');
      await ended;
      await archive.close();
    }
  },
  90_000,
);
