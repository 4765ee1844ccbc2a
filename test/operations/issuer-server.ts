import {
  constants,
  createHash,
  createPublicKey,
  generateKeyPairSync,
  randomUUID,
  sign,
  type KeyObject,
} from 'node:crypto';
import { createServer as createPlainServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';

/** Signs by node's own crypto, letter by letter after RFC 7515 and 7518: nothing of it comes from the library that the page checks with. */
export interface SigningKey {
  readonly kid: string | undefined;
  readonly alg: string;
  readonly key: KeyObject;
}

export function signingKey(alg: 'RS256' | 'RS512' | 'PS256' | 'ES256' | 'EdDSA', kid: string | undefined): SigningKey {
  const { privateKey } =
    alg === 'ES256'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : alg === 'EdDSA'
        ? generateKeyPairSync('ed25519')
        : generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { kid, alg, key: privateKey };
}

const text64 = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

export function signed({ kid, alg, key }: SigningKey, claims: object, header: object = {}): string {
  const said = `${text64({ alg, ...(kid === undefined ? {} : { kid }), typ: 'JWT', ...header })}.${text64(claims)}`;
  const bytes = Buffer.from(said);
  const signature =
    alg === 'EdDSA'
      ? sign(null, bytes, key)
      : sign(`sha${alg.slice(2)}`, bytes, {
          key,
          ...(alg.startsWith('ES') ? { dsaEncoding: 'ieee-p1363' as const } : {}),
          ...(alg.startsWith('PS')
            ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
            : {}),
        });
  return `${said}.${signature.toString('base64url')}`;
}

const publicJwk = ({ kid, alg, key }: SigningKey): object => ({
  ...createPublicKey(key).export({ format: 'jwk' }),
  ...(kid === undefined ? {} : { kid }),
  alg,
  use: 'sig',
});

export interface IssuerServer {
  readonly url: string;
  /** Paths that were asked for, in order. */
  readonly asked: string[];
  keys: SigningKey[];
  /** What it answers with instead: it is ill, or somebody else. */
  ill: { readonly status: number; readonly body: string } | undefined;
  /** What the next ID token says beside the issuer's own. */
  claims: object;
  close(): Promise<void>;
}

/** An issuer as far as the page needs one: discovery, keys, an authorization endpoint that signs everybody in, and tokens for its codes. */
export async function startIssuer(
  keys: SigningKey[],
  {
    host = '127.0.0.1',
    port = 0,
    tls,
    secret,
  }: {
    readonly host?: string;
    readonly port?: number;
    readonly tls?: { readonly cert: string; readonly key: string };
    readonly secret?: string;
  } = {},
): Promise<IssuerServer> {
  const codes = new Map<string, { readonly challenge: string; readonly nonce: string; readonly redirect: string }>();
  const answers = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname, searchParams } = new URL(request.url!, issuer.url);
    issuer.asked.push(pathname);
    const json = (status: number, body: unknown) => {
      response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
    };
    if (issuer.ill) response.writeHead(issuer.ill.status).end(issuer.ill.body);
    else if (pathname === '/.well-known/openid-configuration')
      json(200, {
        issuer: issuer.url,
        jwks_uri: `${issuer.url}/keys`,
        authorization_endpoint: `${issuer.url}/authorize?tenant=a`,
        token_endpoint: `${issuer.url}/token`,
      });
    else if (pathname === '/keys') json(200, { keys: issuer.keys.map(publicJwk) });
    else if (pathname === '/authorize') {
      const of = (name: string): string => searchParams.get(name) ?? '';
      if (of('response_type') !== 'code' || of('code_challenge_method') !== 'S256' || of('client_id') !== 'page')
        return json(400, { error: 'invalid_request' });
      const code = randomUUID();
      codes.set(code, { challenge: of('code_challenge'), nonce: of('nonce'), redirect: of('redirect_uri') });
      const back = new URL(of('redirect_uri'));
      back.searchParams.set('code', code);
      back.searchParams.set('state', of('state'));
      response.writeHead(302, { Location: back.href }).end();
    } else if (pathname === '/token') {
      let body = '';
      for await (const part of request) body += String(part);
      const form = new URLSearchParams(body);
      const begun = codes.get(form.get('code') ?? '');
      codes.delete(form.get('code') ?? '');
      const challenge = createHash('sha256')
        .update(form.get('code_verifier') ?? '')
        .digest('base64url');
      // RFC 6749 2.3.1: name and secret are encoded as in a form
      const basic = Buffer.from(request.headers.authorization?.slice('Basic '.length) ?? '', 'base64').toString();
      const [id, given] = basic.split(':').map((text) => new URLSearchParams(`x=${text}`).get('x'));
      if (secret !== undefined && (id !== 'page' || given !== secret)) return json(401, { error: 'invalid_client' });
      if (!begun || begun.challenge !== challenge || begun.redirect !== form.get('redirect_uri'))
        return json(400, { error: 'invalid_grant' });
      const now = Math.floor(Date.now() / 1000);
      const claims = { iss: issuer.url, aud: 'page', exp: now + 300, nonce: begun.nonce, ...issuer.claims };
      json(200, { token_type: 'Bearer', access_token: 'opaque', id_token: signed(issuer.keys[0]!, claims) });
    } else json(404, {});
  };
  const handle = (request: IncomingMessage, response: ServerResponse): void => void answers(request, response);
  const server = tls ? createTlsServer(tls, handle) : createPlainServer(handle);
  await new Promise<void>((ready) => server.listen(port, '127.0.0.1', ready));
  const issuer: IssuerServer = {
    url: `${tls ? 'https' : 'http'}://${host}:${(server.address() as AddressInfo).port}`,
    asked: [],
    keys,
    ill: undefined,
    claims: {},
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
  return issuer;
}
