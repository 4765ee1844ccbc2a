import { createHash, randomBytes } from 'node:crypto';
import type { Role, Visitor } from './needs.js';

/** After so long a session ends, whatever its user does. */
const LONGEST_MS = 12 * 3_600_000;
const MOST_SESSIONS = 1000;

interface Session {
  readonly name: string;
  readonly formToken: string;
  readonly started: number;
  lastSeen: number;
}

/** Who is signed in. What the browser holds is random and is kept here as its hash only: a look at our memory or a log signs nobody in. */
export class Sessions {
  readonly #sessions = new Map<string, Session>();

  constructor(
    private readonly idleMs: number,
    private readonly now: () => number,
  ) {}

  /** Gives what the browser is to send back. */
  start(name: string): string {
    this.#forgetEnded();
    if (this.#sessions.size >= MOST_SESSIONS) this.#sessions.delete([...this.#sessions.keys()][0]!);
    const secret = randomBytes(32).toString('base64url');
    const now = this.now();
    this.#sessions.set(hashOf(secret), {
      name,
      formToken: randomBytes(24).toString('base64url'),
      started: now,
      lastSeen: now,
    });
    return secret;
  }

  /** `roleOf`: the role that the configuration gives the name now; a user who is no longer in it is signed out by that. */
  visitor(secret: string, roleOf: (name: string) => Role | undefined): Visitor | undefined {
    const key = hashOf(secret);
    const session = this.#sessions.get(key);
    if (!session) return undefined;
    const role = roleOf(session.name);
    if (this.#hasEnded(session) || role === undefined) {
      this.#sessions.delete(key);
      return undefined;
    }
    session.lastSeen = this.now();
    return { name: session.name, role, by: 'session', formToken: session.formToken };
  }

  end(secret: string): void {
    this.#sessions.delete(hashOf(secret));
  }

  #hasEnded({ started, lastSeen }: Session): boolean {
    const now = this.now();
    return now - lastSeen > this.idleMs || now - started > LONGEST_MS;
  }

  #forgetEnded(): void {
    for (const [key, session] of this.#sessions) if (this.#hasEnded(session)) this.#sessions.delete(key);
  }
}

const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('base64url');
