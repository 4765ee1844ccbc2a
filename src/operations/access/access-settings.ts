import type { Role } from './needs.js';

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
  readonly idleMs: number;
}

/** Why a page may not be opened with these; empty where it may. The page itself asks, whatever the configuration's check has let through. */
export function accessProblems(
  { reach, users, tls, tokens }: AccessSettings,
  isPassword: (text: string) => boolean,
): readonly string[] {
  return [
    ...(reach === 'network' && users.length === 0
      ? ['page: can be reached from other machines, but nobody can sign in']
      : []),
    ...(reach === 'network' && tls === 'none'
      ? ['page: can be reached from other machines, but does not speak TLS']
      : []),
    ...users.flatMap(({ name, password }) =>
      isPassword(password) ? [] : [`page.users: ${name}: the password is not a line that caliper password printed`],
    ),
    ...tokens.flatMap(({ name, token }) =>
      token.trim().length >= 32 ? [] : [`page.tokens: ${name}: the token has less than 32 characters`],
    ),
  ];
}
