import { ok, fail, type Result } from '../../domain/index.js';
import type { OidcSettings } from './access-settings.js';
import { Issuer } from './issuer.js';

/** Whether an issuer answers with what the page needs of it: its own name, its keys, and addresses to sign in at where people do. */
export async function probeIssuer(oidc: OidcSettings): Promise<Result<string, string>> {
  const issuer = new Issuer(oidc, Date.now, { event: () => undefined });
  const endpoints = await issuer.endpoints();
  if (!endpoints.ok) return endpoints;
  if (oidc.client === undefined) return ok('answers with its keys; bearer tokens are taken, nobody signs in there');
  const { authorization, token } = endpoints.value;
  if (authorization === undefined) return fail('no-authorization-endpoint');
  return token === undefined ? fail('no-token-endpoint') : ok('answers with its keys; people sign in there');
}
