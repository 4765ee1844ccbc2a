import { createHash, randomBytes } from 'node:crypto';
import { fail, ok, type Result } from '../../domain/index.js';
import type { OidcSettings } from './access-settings.js';
import { issuedBy, issuedClaims, tellsAll, type Issued, type TokenProblem } from './issued-tokens.js';
import type { Issuer } from './issuer.js';
import { askIssuer } from './issuer-request.js';

/** Whoever takes longer than this to sign in at the issuer begins again. */
const LONGEST_MS = 10 * 60_000;
const MOST_UNDER_WAY = 1000;

interface UnderWay {
  readonly verifier: string;
  readonly nonce: string;
  /** Of what the browser holds in a cookie: an answer of the issuer counts in the browser that asked. */
  readonly browser: string;
  readonly redirect: string;
  readonly started: number;
}

/** Signing in at the issuer: authorization code flow with PKCE (RFC 7636, S256), state and nonce. One a page. */
export class IssuerSignIn {
  readonly #underWay = new Map<string, UnderWay>();

  constructor(
    private readonly settings: OidcSettings & { readonly client: NonNullable<OidcSettings['client']> },
    private readonly issuer: Issuer,
    private readonly now: () => number,
  ) {}

  /** Where the browser goes, and what it holds until it comes back to `redirect`. */
  async begin(redirect: string): Promise<Result<{ readonly location: string; readonly browser: string }, string>> {
    const endpoints = await this.issuer.endpoints();
    if (!endpoints.ok) return endpoints;
    if (endpoints.value.authorization === undefined) return fail('no-authorization-endpoint');
    const [state, verifier, nonce, browser] = [random(), random(), random(), random()];
    this.#forgetOld();
    this.#underWay.set(hashOf(state), { verifier, nonce, browser: hashOf(browser), redirect, started: this.now() });
    const location = new URL(endpoints.value.authorization);
    for (const [key, value] of Object.entries({
      response_type: 'code',
      client_id: this.settings.client.id,
      redirect_uri: redirect,
      scope: this.settings.client.scope,
      state,
      nonce,
      code_challenge: hashOf(verifier),
      code_challenge_method: 'S256',
    }))
      location.searchParams.set(key, value);
    return ok({ location: location.href, browser });
  }

  /** Takes what the browser brought back; each state counts once. */
  async finish(
    { state, code }: { readonly state: string; readonly code: string },
    browser: string | undefined,
  ): Promise<Result<Issued, TokenProblem>> {
    const key = hashOf(state);
    const begun = this.#underWay.get(key);
    this.#underWay.delete(key);
    if (!begun || browser === undefined || begun.browser !== hashOf(browser) || this.#isOld(begun))
      return fail({ kind: 'refused', code: 'not-begun-here' });
    const endpoints = await this.issuer.endpoints();
    if (!endpoints.ok) return fail({ kind: 'cannot-tell', code: endpoints.error });
    if (endpoints.value.token === undefined) return fail({ kind: 'cannot-tell', code: 'no-token-endpoint' });
    const { client, ca } = this.settings;
    const answer = await askIssuer({
      url: endpoints.value.token,
      ca,
      form: {
        grant_type: 'authorization_code',
        code,
        redirect_uri: begun.redirect,
        client_id: client.id,
        code_verifier: begun.verifier,
      },
      ...(client.secret === undefined ? {} : { authorization: basic(client.id, client.secret) }),
    });
    // 400: the code is none of the issuer's (RFC 6749 5.2)
    if (!answer.ok)
      return fail({ kind: answer.error === 'status-400' ? 'refused' : 'cannot-tell', code: answer.error });
    const token = answer.value['id_token'];
    if (typeof token !== 'string') return fail({ kind: 'refused', code: 'no-id-token' });
    const claims = await issuedClaims(token, client.id, this.settings, this.issuer, this.now());
    if (!claims.ok) return claims;
    if (claims.value['nonce'] !== begun.nonce) return fail({ kind: 'refused', code: 'other-nonce' });
    const { userinfo } = endpoints.value;
    const access = answer.value['access_token'];
    if (tellsAll(claims.value, this.settings) || userinfo === undefined || typeof access !== 'string')
      return issuedBy(claims.value, this.settings);
    // an issuer may keep what the scopes stand for out of the ID token: OpenID Connect Core 5.4
    const more = await askIssuer({ url: userinfo, ca, authorization: `Bearer ${access}` });
    if (!more.ok) return fail({ kind: 'cannot-tell', code: `userinfo-${more.error}` });
    // 5.3.2: without this, the answer may be about somebody else
    const { sub } = claims.value;
    if (sub === undefined || more.value['sub'] !== sub) return fail({ kind: 'refused', code: 'other-subject' });
    return issuedBy({ ...more.value, ...claims.value }, this.settings);
  }

  readonly #isOld = ({ started }: UnderWay): boolean => this.now() - started > LONGEST_MS;

  #forgetOld(): void {
    for (const [key, begun] of this.#underWay)
      if (this.#isOld(begun) || this.#underWay.size >= MOST_UNDER_WAY) this.#underWay.delete(key);
  }
}

const random = (): string => randomBytes(32).toString('base64url');
/** Also PKCE's S256. */
const hashOf = (text: string): string => createHash('sha256').update(text).digest('base64url');
/** RFC 6749 2.3.1: both are form-encoded first. */
const basic = (id: string, secret: string): string =>
  `Basic ${Buffer.from(`${formEncoded(id)}:${formEncoded(secret)}`).toString('base64')}`;
const formEncoded = (text: string): string => new URLSearchParams({ x: text }).toString().slice(2);
