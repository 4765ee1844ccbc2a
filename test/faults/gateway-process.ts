import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';

/** A start on a machine with other work. */
const MOST_MS = 60_000;

/** `caliper run` as an administrator starts it, and killed as no administrator would. */
export class GatewayProcess {
  #child: ChildProcess | undefined;
  /** Log lines that no fault explains: errors, by event. */
  readonly errors: string[] = [];
  starts = 0;

  constructor(
    private readonly configuration: string,
    /** Told of every log event. */
    private readonly seen: (event: string) => void = () => undefined,
  ) {}

  get running(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Starts the daemon; resolves when it is ready or has ended, and fails when it does neither. */
  async start(): Promise<void> {
    this.starts++;
    const child = spawn(process.execPath, ['bin/caliper.mjs', 'run', '--config', this.configuration], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#child = child;
    const lines = createInterface({ input: child.stderr });
    await new Promise<void>((ready, failed) => {
      const late = setTimeout(() => failed(new Error('the daemon is not ready after a minute')), MOST_MS);
      child.once('exit', () => {
        clearTimeout(late);
        ready();
      });
      lines.on('line', (line) => {
        const event = line.startsWith('{') ? (JSON.parse(line) as { message: string; level: string }) : undefined;
        if (!event) {
          this.errors.push(line);
          return;
        }
        if (event.level === 'error') this.errors.push(line);
        if (event.message === 'daemon.started') {
          clearTimeout(late);
          ready();
        }
        this.seen(event.message);
      });
    });
  }

  /** Process ids of its children whose command line says so (Linux; elsewhere none). */
  children(says: string): readonly number[] {
    if (!this.running || !existsSync('/proc')) return [];
    const { stdout } = spawnSync('ps', ['--ppid', String(this.#child!.pid), '-o', 'pid=,args='], { encoding: 'utf8' });
    return stdout
      .split('\n')
      .filter((line) => line.includes(says))
      .map((line) => Number.parseInt(line, 10));
  }

  /** SIGKILL, SIGSTOP, SIGCONT or SIGTERM to the daemon itself, not to its database. */
  signal(signal: NodeJS.Signals): void {
    if (this.running) this.#child!.kill(signal);
  }

  async ended(): Promise<number | null> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null;
    return new Promise((done) => child.once('exit', (code) => done(code)));
  }
}
