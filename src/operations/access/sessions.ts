import { createHash, randomBytes } from 'node:crypto';
import type { Role, Visitor } from './needs.js';

/** Who signed in, and what for: while `proof` is what the configuration comes to for them, their session goes on. */
export interface Standing {
  readonly name: string;
  readonly role: Role;
  readonly proof: string;
}

/** After so long a session ends, whatever its user does. */
const LONGEST_MS = 12 * 3_600_000;
const MOST_SESSIONS = 1000;

interface Session extends Standing {
  readonly formToken: string;
  readonly started: number;
  lastSeen: number;
}

/** Who is signed in; kept when a changed configuration is taken. What the browser holds is random and is kept here as its hash only: a look at our memory or a log signs nobody in. */
export class Sessions {
  readonly #sessions = new Map<string, Session>();

  constructor(private readonly now: () => number) {}

  /** Gives what the browser is to send back. */
  start(standing: Standing): string {
    this.#forgetOld();
    if (this.#sessions.size >= MOST_SESSIONS) this.#sessions.delete([...this.#sessions.keys()][0]!);
    const secret = randomBytes(32).toString('base64url');
    const now = this.now();
    this.#sessions.set(hashOf(secret), {
      ...standing,
      formToken: randomBytes(24).toString('base64url'),
      started: now,
      lastSeen: now,
    });
    return secret;
  }

  /** `stands`: whether the configuration still lets them in as they signed in; who is no longer in it is signed out by that. */
  visitor(secret: string, idleMs: number, stands: (who: Standing) => boolean): Visitor | undefined {
    const key = hashOf(secret);
    const session = this.#sessions.get(key);
    if (!session) return undefined;
    if (this.#isOld(session) || this.now() - session.lastSeen > idleMs || !stands(session)) {
      this.#sessions.delete(key);
      return undefined;
    }
    session.lastSeen = this.now();
    const { name, role, formToken } = session;
    return { name, role, by: 'session', formToken };
  }

  end(secret: string): void {
    this.#sessions.delete(hashOf(secret));
  }

  #isOld({ started }: Session): boolean {
    return this.now() - started > LONGEST_MS;
  }

  #forgetOld(): void {
    for (const [key, session] of this.#sessions) if (this.#isOld(session)) this.#sessions.delete(key);
  }
}

const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('base64url');
