import { isLoopback, resolveSecret, type Configuration } from '../configuration/index.js';
import { fail, ok, type Result } from '../domain/index.js';
import { accessProblems, type AccessSettings, type OidcSettings } from '../operations/index.js';
import { secretSources, type StartProblem } from './configured-world.js';
import { EXIT } from './exit-codes.js';

/** Who may come to the page, with the secrets that the configuration names; a page that may not be opened so is a problem of the configuration. */
export function pageAccess({ page }: Configuration): Result<AccessSettings, StartProblem> {
  const missing: string[] = [];
  const value = (reference: string, what: string): string => {
    const secret = resolveSecret(reference, secretSources);
    if (!secret.ok) missing.push(`page: ${what}: ${secret.error}`);
    return secret.ok ? secret.value : '';
  };
  const { tls } = page;
  const settings: AccessSettings = {
    reach: isLoopback(page.listen) ? 'loopback' : 'network',
    hosts: hostsOf(page),
    tls:
      tls === undefined
        ? 'none'
        : tls === 'by-proxy'
          ? 'proxy'
          : { certificate: value(tls.certificate, 'tls'), key: value(tls.key, 'tls') },
    users: page.users.map((u) => ({ ...u, password: value(u.password, u.name) })),
    tokens: page.tokens.map((t) => ({ ...t, token: value(t.token, t.name) })),
    oidc: page.oidc && issuerSettings(page.oidc, value),
    idleMs: page.idleMinutes * 60_000,
  };
  const says = missing.length > 0 ? missing : accessProblems(settings);
  return says.length === 0 ? ok(settings) : fail({ exit: EXIT.usage, says });
}

const issuerSettings = (
  { ca, roles, client, ...oidc }: NonNullable<Configuration['page']['oidc']>,
  value: (reference: string, what: string) => string,
): OidcSettings => ({
  ...oidc,
  ca: ca === undefined ? undefined : value(ca, 'oidc.ca'),
  roles: Object.fromEntries(Object.entries(roles).filter(([, words]) => words !== undefined)),
  client: client && {
    id: client.id,
    scope: client.scope,
    secret: client.secret === undefined ? undefined : value(client.secret, 'oidc.client.secret'),
  },
});

function hostsOf({ listen, hosts }: Configuration['page']): readonly string[] {
  const own = listen.slice(0, listen.lastIndexOf(':')).toLowerCase();
  const everywhere = own === '0.0.0.0' || own === '[::]';
  const named = [...(everywhere ? [] : [own]), ...hosts.map((host) => host.toLowerCase())];
  return [...new Set(['127.0.0.1', '[::1]', 'localhost', ...named])];
}

export function listenAddress(listen: string): readonly [host: string, port: number] {
  const colon = listen.lastIndexOf(':');
  return [listen.slice(0, colon).replace(/^\[|\]$/g, ''), Number(listen.slice(colon + 1))];
}
