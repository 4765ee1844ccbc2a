import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

const root = resolve(process.cwd());
export const LEDGER = join(root, 'dist/ledger/index.js');

/** Processes of their own need JavaScript: compiles what is newer than its output. */
export function compiled(): void {
  const newest = Math.max(...['src/ledger', 'src/domain'].flatMap(filesIn).map((file) => statSync(file).mtimeMs));
  const output = statSync(LEDGER, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const record = statSync(join(root, 'dist/.tsbuildinfo'), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (output > 0 && Math.max(output, record) > newest) return;
  spawnSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.json'], { cwd: root });
}

const filesIn = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(root, folder, name));

/** A process that opens a database and does what its script says, with `database` and `say` at hand. */
export interface Opener {
  readonly child: ChildProcess;
  /** The next thing it says; the first is how it came by the database, or the code of the problem. */
  heard(): Promise<string>;
  kill(): Promise<void>;
}

export function openerProcess(
  options: object,
  script = '',
  spawnOptions: { uid?: number; gid?: number; env?: NodeJS.ProcessEnv } = {},
): Opener {
  const program = `
    import { openDatabase, openLedger, openLeadership, openQueue } from ${JSON.stringify(LEDGER)};
    const say = (text) => console.log(String(text));
    const opened = await openDatabase(${JSON.stringify(options)}, {
      broken: (error) => say('broken'), lost: (problem) => say('lost: ' + problem.code) });
    say(opened.ok ? opened.value.how : opened.error.code + ': ' + opened.error.says);
    const database = opened.value;
    ${script}
  `;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    cwd: '/',
    stdio: ['ignore', 'pipe', 'inherit'],
    ...spawnOptions,
    env: spawnOptions.env ?? { PATH: process.env['PATH'] },
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    child,
    heard: async () => (await lines.next()).value as string,
    kill: async () => {
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    },
  };
}

export const STAY = 'setInterval(() => undefined, 1000);';
