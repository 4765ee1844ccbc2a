import {
  createLocalJWKSet,
  errors,
  type CryptoKey,
  type FlattenedJWSInput,
  type JWK,
  type JWSHeaderParameters,
} from 'jose';
import { fail, ok, type EventLog, type Result } from '../../domain/index.js';
import { askIssuer } from './issuer-request.js';

/** So long what the issuer said is taken as it is; after that it is asked again in passing. */
const FRESH_MS = 3_600_000;
/** So long keys are believed while the issuer does not answer: a key that was withdrawn must not live on for ever. */
const BELIEVED_MS = 24 * 3_600_000;
/** A token that names an unknown key has the issuer asked again, but not more often than this. */
const UNKNOWN_KEY_MS = 60_000;
/** An issuer that did not answer is left alone so long. */
const FAILED_MS = 5_000;

export interface IssuerEndpoints {
  readonly authorization: string | undefined;
  readonly token: string | undefined;
  readonly userinfo: string | undefined;
}

type KeySet = ReturnType<typeof createLocalJWKSet>;

interface Known {
  readonly endpoints: IssuerEndpoints;
  readonly keys: KeySet;
  readonly at: number;
}

/** Thrown through the verification of a token where its key cannot be looked up: that is nobody's fault who asks. */
export class IssuerUnreachable extends Error {
  constructor(readonly code: string) {
    super(code);
  }
}

/** What an OpenID Connect issuer says of itself: its discovery document and its keys, fetched when they are first needed. One a page. */
export class Issuer {
  #known: Known | undefined;
  #failed: { readonly at: number; readonly code: string } | undefined;
  #asking: Promise<Result<Known, string>> | undefined;

  constructor(
    private readonly options: { readonly issuer: string; readonly ca: string | undefined },
    private readonly now: () => number,
    private readonly log: EventLog,
  ) {}

  /** The key that a token's header names. Throws what `jose` throws where there is none, and `IssuerUnreachable`. */
  readonly key = async (header?: JWSHeaderParameters, token?: FlattenedJWSInput): Promise<CryptoKey> => {
    const known = await this.#current();
    try {
      return await known.keys(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey) || this.now() - known.at < UNKNOWN_KEY_MS) throw error;
    }
    const again = await this.#ask();
    if (!again.ok) throw new IssuerUnreachable(again.error);
    return again.value.keys(header, token);
  };

  async endpoints(): Promise<Result<IssuerEndpoints, string>> {
    try {
      return ok((await this.#current()).endpoints);
    } catch (error) {
      if (error instanceof IssuerUnreachable) return fail(error.code);
      throw error;
    }
  }

  async #current(): Promise<Known> {
    const age = this.#known ? this.now() - this.#known.at : Infinity;
    if (this.#known && age < FRESH_MS) return this.#known;
    const asked = await this.#ask();
    if (asked.ok) return asked.value;
    if (this.#known && age < BELIEVED_MS) return this.#known;
    throw new IssuerUnreachable(asked.error);
  }

  /** One question at a time, whoever waits for it. */
  async #ask(): Promise<Result<Known, string>> {
    if (this.#failed && this.now() - this.#failed.at < FAILED_MS) return fail(this.#failed.code);
    this.#asking ??= this.#askNow().finally(() => (this.#asking = undefined));
    return this.#asking;
  }

  async #askNow(): Promise<Result<Known, string>> {
    const answer = await this.#documents();
    if (answer.ok) {
      if (this.#failed) this.log.event('issuer.answers', {});
      this.#failed = undefined;
      this.#known = answer.value;
    } else {
      this.#failed = { at: this.now(), code: answer.error };
      this.log.event('issuer.failing', { error: answer.error });
    }
    return answer;
  }

  async #documents(): Promise<Result<Known, string>> {
    const { issuer, ca } = this.options;
    const at = this.now();
    const discovered = await askIssuer({ url: `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, ca });
    if (!discovered.ok) return discovered;
    // OpenID Connect Discovery 4.3: another issuer's document says nothing about this one
    if (discovered.value['issuer'] !== issuer) return fail('issuer-differs');
    const address = (name: string): string | undefined => {
      const value = discovered.value[name];
      return typeof value === 'string' && isFit(value, issuer) ? value : undefined;
    };
    const jwks = address('jwks_uri');
    if (jwks === undefined) return fail('no-jwks-uri');
    const keys = await askIssuer({ url: jwks, ca });
    if (!keys.ok) return keys;
    const given: unknown = keys.value['keys'];
    if (!Array.isArray(given)) return fail('no-keys'); // what is in it, the library checks
    try {
      return ok({
        endpoints: {
          authorization: address('authorization_endpoint'),
          token: address('token_endpoint'),
          userinfo: address('userinfo_endpoint'),
        },
        keys: createLocalJWKSet({ keys: given as JWK[] }),
        at,
      });
    } catch (error) {
      if (error instanceof errors.JWKSInvalid) return fail('no-keys');
      throw error;
    }
  }
}

/** An issuer that speaks TLS sends nobody where none is spoken. */
const isFit = (url: string, issuer: string): boolean =>
  URL.canParse(url) && (url.startsWith('https:') || (issuer.startsWith('http:') && url.startsWith('http:')));
