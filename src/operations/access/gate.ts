import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { ok, type Result } from '../../domain/index.js';
import type { AccessSettings } from './access-settings.js';
import { Allowance } from './allowance.js';
import { issuedTo, type Issued, type TokenProblem } from './issued-tokens.js';
import type { Issuer } from './issuer.js';
import { IssuerSignIn } from './issuer-sign-in.js';
import type { Visitor } from './needs.js';
import { passwordFits, storedPassword } from './password.js';
import { Sessions, type Standing } from './sessions.js';

export type SignIn =
  | { readonly kind: 'signed-in'; readonly cookie: string; readonly visitor: Visitor }
  | { readonly kind: 'refused' }
  | { readonly kind: 'too-many' };

/** Who comes. `no-role`: the issuer vouches for them, and gives them nothing to do here. `cannot-tell`: the issuer does not answer. */
export type Arrival =
  | { readonly kind: 'visitor'; readonly visitor: Visitor }
  | { readonly kind: 'nobody' }
  | { readonly kind: 'no-role'; readonly name: string }
  | { readonly kind: 'cannot-tell'; readonly code: string };

/** How somebody who went to the issuer comes back. */
export type ReturnFromIssuer =
  | { readonly kind: 'signed-in'; readonly cookie: string; readonly visitor: Visitor }
  | { readonly kind: 'no-role'; readonly name: string }
  | TokenProblem;

/** Who comes in. One a page. */
export class Gate {
  readonly #settings: AccessSettings;
  readonly #sessions: Sessions;
  readonly #issuer: Issuer | undefined;
  readonly #issuerSignIn: IssuerSignIn | undefined;
  readonly #failures: Allowance;
  readonly #requests: Allowance;
  /** Of a page without users: forms of ours carry it, other sites' cannot know it. */
  readonly #machineToken = randomBytes(24).toString('base64url');

  constructor(
    settings: AccessSettings,
    private readonly now: () => number,
    { sessions, issuer }: { readonly sessions?: Sessions | undefined; readonly issuer?: Issuer | undefined } = {},
  ) {
    this.#settings = settings;
    this.#sessions = sessions ?? new Sessions(now);
    this.#issuer = issuer;
    const { oidc } = settings;
    if (issuer && oidc?.client) this.#issuerSignIn = new IssuerSignIn({ ...oidc, client: oidc.client }, issuer, now);
    this.#failures = new Allowance({ most: 5, withinMs: 15 * 60_000, keys: 10_000 }, now);
    this.#requests = new Allowance({ most: 1200, withinMs: 60_000, keys: 10_000 }, now);
  }

  get cookieName(): string {
    return this.#settings.tls === 'none' ? 'caliper' : '__Host-caliper';
  }

  get #cookieRules(): string {
    return `Path=/; HttpOnly; SameSite=Strict${this.#settings.tls === 'none' ? '' : '; Secure'}`;
  }

  get #browserCookie(): string {
    return `${this.cookieName}-issuer`;
  }

  /** How people may sign in. */
  get waysIn(): readonly ('password' | 'issuer')[] {
    return [
      ...(this.#settings.users.length > 0 ? (['password'] as const) : []),
      ...(this.#issuerSignIn ? (['issuer'] as const) : []),
    ];
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

  /** Whoever comes, tokens of the issuer included. */
  async arrival(request: IncomingMessage): Promise<Arrival> {
    const visitor = this.visitor(request);
    if (visitor) return { kind: 'visitor', visitor };
    const bearer = bearerOf(request);
    const { oidc } = this.#settings;
    if (bearer === undefined || !oidc || !this.#issuer) return { kind: 'nobody' };
    const issued = await issuedTo(bearer, oidc.audience, oidc, this.#issuer, this.now());
    if (!issued.ok) return issued.error.kind === 'cannot-tell' ? issued.error : { kind: 'nobody' };
    const { name, role } = issued.value;
    if (role === undefined) return { kind: 'no-role', name };
    return { kind: 'visitor', visitor: { name, role, by: 'token', formToken: undefined } };
  }

  /** Whom we know without asking the issuer. */
  visitor(request: IncomingMessage): Visitor | undefined {
    const bearer = bearerOf(request);
    if (bearer !== undefined) return this.#ofToken(bearer);
    const secret = cookieOf(request, this.cookieName);
    const signedIn = secret === undefined ? undefined : this.#ofSession(secret);
    if (signedIn) return signedIn;
    const { users, reach, oidc } = this.#settings;
    if (users.length > 0 || oidc || reach !== 'loopback') return undefined;
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
    return this.#signedIn({ name: user.name, role: user.role, proof: proofOf(user) });
  }

  /** Sends the browser to the issuer, from where it comes back to `path`; undefined where people do not sign in there. */
  async toIssuer(
    request: IncomingMessage,
    path: string,
  ): Promise<Result<{ readonly location: string; readonly cookie: string }, string> | undefined> {
    const scheme = this.#settings.tls === 'none' ? 'http' : 'https';
    const begun = await this.#issuerSignIn?.begin(`${scheme}://${request.headers.host}${path}`);
    if (!begun?.ok) return begun;
    const { location, browser } = begun.value;
    // lax: the browser comes back by a link of another site, which is what it is for
    const rules = this.#cookieRules.replace('SameSite=Strict', 'SameSite=Lax');
    return ok({ location, cookie: `${this.#browserCookie}=${browser}; ${rules}; Max-Age=600` });
  }

  async fromIssuer(
    request: IncomingMessage,
    answer: { readonly state: string; readonly code: string },
  ): Promise<ReturnFromIssuer | undefined> {
    const issued = await this.#issuerSignIn?.finish(answer, cookieOf(request, this.#browserCookie));
    if (!issued) return undefined;
    if (!issued.ok) return issued.error;
    const { name, role }: Issued = issued.value;
    return role === undefined
      ? { kind: 'no-role', name }
      : this.#signedIn({ name, role, proof: proofOf(this.#settings.oidc) });
  }

  #signedIn(standing: Standing): Extract<SignIn, { kind: 'signed-in' }> {
    const secret = this.#sessions.start(standing);
    const visitor = this.#ofSession(secret)!;
    return { kind: 'signed-in', cookie: `${this.cookieName}=${secret}; ${this.#cookieRules}`, visitor };
  }

  signOut(request: IncomingMessage): void {
    const secret = cookieOf(request, this.cookieName);
    if (secret !== undefined) this.#sessions.end(secret);
  }

  #ofSession(secret: string): Visitor | undefined {
    const { users, oidc, idleMs } = this.#settings;
    return this.#sessions.visitor(secret, idleMs, ({ name, proof }) => {
      const user = users.find((known) => known.name === name);
      // no local name has a colon
      return name.startsWith('oidc:') ? oidc !== undefined && proof === proofOf(oidc) : proof === proofOf(user);
    });
  }

  #ofToken(given: string): Visitor | undefined {
    // every token is compared, so that how long it takes does not tell which one was near
    let found: Visitor | undefined;
    for (const { name, role, token } of this.#settings.tokens)
      if (sameSecret(token.trim(), given)) found = { name, role, by: 'token', formToken: undefined };
    return found;
  }
}

function bearerOf(request: IncomingMessage): string | undefined {
  return /^Bearer ([\x21-\x7e]+)$/i.exec(request.headers.authorization ?? '')?.[1];
}

/** What lets somebody in, as a digest: another password, another role or another issuer is another proof. */
const proofOf = (settings: object | undefined): string =>
  settings === undefined ? 'nobody' : createHash('sha256').update(JSON.stringify(settings)).digest('base64url');

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
