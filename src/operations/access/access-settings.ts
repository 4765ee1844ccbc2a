import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { Role } from './needs.js';
import { storedPassword } from './password.js';

/** How the page is reached and by whom; secrets are resolved. */
export interface AccessSettings {
  /** `loopback`: whoever reaches it is on this machine, and with no users is admin. */
  readonly reach: 'loopback' | 'network';
  /** Hosts that a request may name, without port. */
  readonly hosts: readonly string[];
  /** `proxy`: something in front of us speaks TLS, and its X-Forwarded-For is believed. */
  readonly tls: 'none' | 'proxy' | { readonly certificate: string; readonly key: string };
  readonly users: readonly { readonly name: string; readonly role: Role; readonly password: string }[];
  readonly tokens: readonly { readonly name: string; readonly role: Role; readonly token: string }[];
  /** Whose access tokens are taken, and who signs in there; undefined: nobody's. */
  readonly oidc?: OidcSettings | undefined;
  readonly idleMs: number;
}

/** An OpenID Connect issuer that is believed. */
export interface OidcSettings {
  /** As its tokens and its discovery document name it, letter by letter. */
  readonly issuer: string;
  /** What its access tokens must be for. */
  readonly audience: string;
  /** Certificate of the authority to trust (PEM); undefined: those that Node trusts. */
  readonly ca: string | undefined;
  readonly algorithms: readonly string[];
  readonly clockToleranceSeconds: number;
  readonly nameClaim: string;
  readonly roleClaim: string;
  /** Words of the role claim for each role. */
  readonly roles: Readonly<Partial<Record<Role, readonly string[]>>>;
  /** How the page signs people in there; undefined: only bearer tokens are taken. */
  readonly client: { readonly id: string; readonly secret: string | undefined; readonly scope: string } | undefined;
}

/** Why a page may not be opened with these; empty where it may. The page itself asks, whatever the configuration's check has let through. */
export function accessProblems({ reach, users, tls, tokens, oidc }: AccessSettings): readonly string[] {
  return [
    ...(reach === 'network' && users.length === 0 && !oidc
      ? ['page: can be reached from other machines, but nobody can sign in']
      : []),
    ...(reach === 'network' && tls === 'none'
      ? ['page: can be reached from other machines, but does not speak TLS']
      : []),
    ...(typeof tls === 'string' ? [] : keyProblems(tls)),
    ...users.flatMap(({ name, password }) =>
      storedPassword(password) ? [] : [`page.users: ${name}: the password is not a line that caliper password printed`],
    ),
    ...tokens.flatMap(({ name, token }) =>
      token.trim().length >= 32 ? [] : [`page.tokens: ${name}: the token has less than 32 characters`],
    ),
    // Node would pass over a file without a certificate, and trust nobody
    ...(oidc?.ca === undefined || read(() => new X509Certificate(oidc.ca!))
      ? []
      : ['page.oidc.ca: is no certificate (PEM)']),
  ];
}

function keyProblems(tls: { readonly certificate: string; readonly key: string }): readonly string[] {
  const certificate = read(() => new X509Certificate(tls.certificate));
  const key = read(() => createPrivateKey(tls.key));
  if (!certificate) return ['page.tls.certificate: is no certificate (PEM)'];
  if (!key) return ['page.tls.key: is no private key (PEM), or one that needs a passphrase'];
  return certificate.checkPrivateKey(key) ? [] : ['page.tls: the key is not that of the certificate'];
}

/** Undefined where node's crypto cannot read it. */
function read<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch (error) {
    if (typeof error === 'object' && error !== null && 'code' in error) return undefined;
    throw error;
  }
}
