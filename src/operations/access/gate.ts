import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { AccessSettings } from './access-settings.js';
import { Allowance } from './allowance.js';
import type { Role, Visitor } from './needs.js';
import { passwordFits, storedPassword } from './password.js';
import { Sessions } from './sessions.js';

export type SignIn =
  | { readonly kind: 'signed-in'; readonly cookie: string; readonly visitor: Visitor }
  | { readonly kind: 'refused' }
  | { readonly kind: 'too-many' };

/** Who comes in. One a page; sessions live in it. */
export class Gate {
  readonly #settings: AccessSettings;
  readonly #sessions: Sessions;
  readonly #failures: Allowance;
  readonly #requests: Allowance;
  /** Of a page without users: forms of ours carry it, other sites' cannot know it. */
  readonly #machineToken = randomBytes(24).toString('base64url');

  constructor(settings: AccessSettings, now: () => number) {
    this.#settings = settings;
    this.#sessions = new Sessions(settings.idleMs, now);
    this.#failures = new Allowance({ most: 5, withinMs: 15 * 60_000, keys: 10_000 }, now);
    this.#requests = new Allowance({ most: 1200, withinMs: 60_000, keys: 10_000 }, now);
  }

  get cookieName(): string {
    return this.#settings.tls === 'none' ? 'caliper' : '__Host-caliper';
  }

  get #cookieRules(): string {
    return `Path=/; HttpOnly; SameSite=Strict${this.#settings.tls === 'none' ? '' : '; Secure'}`;
  }

  readonly endedCookie = (): string => `${this.cookieName}=; ${this.#cookieRules}; Max-Age=0`;

  /** False where an address asks too often. */
  mayAsk(address: string): boolean {
    return this.#requests.take(address);
  }

  /** Whether the request names us: a page of another site whose name was made to lead here does not. */
  namesUs(request: IncomingMessage): boolean {
    const host = hostOf(request.headers.host);
    return host !== undefined && this.#settings.hosts.includes(host);
  }

  /** Whether a request that changes something was made by a page of ours, or by no page at all. */
  isOurOwn(request: IncomingMessage): boolean {
    const { origin } = request.headers;
    const site = request.headers['sec-fetch-site'];
    if (site !== undefined && site !== 'same-origin' && site !== 'none') return false;
    return origin === undefined || (URL.canParse(origin) && new URL(origin).host === request.headers.host);
  }

  visitor(request: IncomingMessage): Visitor | undefined {
    const bearer = /^Bearer ([\x21-\x7e]+)$/i.exec(request.headers.authorization ?? '');
    if (bearer) return this.#ofToken(bearer[1]!);
    const secret = cookieOf(request, this.cookieName);
    const signedIn = secret === undefined ? undefined : this.#sessions.visitor(secret, (name) => this.#roleOf(name));
    if (signedIn) return signedIn;
    if (this.#settings.users.length > 0 || this.#settings.reach !== 'loopback') return undefined;
    return { name: 'loopback', role: 'admin', by: 'machine', formToken: this.#machineToken };
  }

  formTokenFits({ formToken }: Visitor, given: unknown): boolean {
    return formToken !== undefined && typeof given === 'string' && sameSecret(formToken, given);
  }

  async signIn(name: string, password: string, address: string): Promise<SignIn> {
    const keys = [`address ${address}`, `name ${name.slice(0, 64)}`];
    if (keys.some((key) => this.#failures.isSpent(key))) return { kind: 'too-many' };
    const user = this.#settings.users.find((known) => known.name === name);
    const answer = await passwordFits(password.slice(0, 1024), user && storedPassword(user.password));
    if (answer === 'busy') return { kind: 'too-many' };
    if (answer === 'does-not-fit' || !user) {
      for (const key of keys) this.#failures.take(key);
      return { kind: 'refused' };
    }
    for (const key of keys) this.#failures.forgive(key);
    const secret = this.#sessions.start(user.name);
    const visitor = this.#sessions.visitor(secret, (known) => this.#roleOf(known))!;
    return { kind: 'signed-in', cookie: `${this.cookieName}=${secret}; ${this.#cookieRules}`, visitor };
  }

  signOut(request: IncomingMessage): void {
    const secret = cookieOf(request, this.cookieName);
    if (secret !== undefined) this.#sessions.end(secret);
  }

  #roleOf(name: string): Role | undefined {
    return this.#settings.users.find((user) => user.name === name)?.role;
  }

  #ofToken(given: string): Visitor | undefined {
    // every token is compared, so that how long it takes does not tell which one was near
    let found: Visitor | undefined;
    for (const { name, role, token } of this.#settings.tokens)
      if (sameSecret(token.trim(), given)) found = { name, role, by: 'token', formToken: undefined };
    return found;
  }
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
const sameSecret = (a: string, b: string): boolean => timingSafeEqual(digest(a), digest(b));

function hostOf(header: string | undefined): string | undefined {
  const found = /^(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(:\d{1,5})?$/i.exec(header ?? '');
  return found?.[1]!.toLowerCase();
}

function cookieOf(request: IncomingMessage, name: string): string | undefined {
  for (const part of (request.headers.cookie ?? '').split(';')) {
    const [key, value] = part.trim().split('=');
    if (key === name && value !== undefined && /^[\w-]{20,100}$/.test(value)) return value;
  }
  return undefined;
}
