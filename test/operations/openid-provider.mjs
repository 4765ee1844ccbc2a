// An OpenID provider by other people (oidc-provider, certified by the OpenID Foundation) in a process of its own, as a hospital would set it up.
import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import { Provider } from 'oidc-provider';

/** `claims`: where the claims of scopes stand, in the ID token or at userinfo. `people`: their realm roles. */
const { port, returnTo, claims, people, kid } = JSON.parse(process.argv[2]);

const rolesOf = (name) => ({ preferred_username: name, realm_access: { roles: people[name] ?? [] } });
const issuer = `http://localhost:${port}`;
const signingKey = (type, id, options) => ({
  ...generateKeyPairSync(type, options).privateKey.export({ format: 'jwk' }),
  kid: id,
  use: 'sig',
});
const provider = new Provider(issuer, {
  jwks: {
    keys: [
      signingKey('rsa', kid, { modulusLength: 2048 }),
      signingKey('ec', `${kid}-elliptic`, { namedCurve: 'P-256' }),
    ],
  },
  cookies: { keys: ['of this run'] },
  clients: [
    {
      client_id: 'caliper',
      client_secret: 'its secret: 100%',
      redirect_uris: [returnTo],
      response_types: ['code'],
      grant_types: ['authorization_code'],
    },
    {
      client_id: 'robot',
      client_secret: 'another secret',
      redirect_uris: [],
      response_types: [],
      grant_types: ['client_credentials'],
    },
  ],
  pkce: { required: () => true },
  claims: { openid: ['sub'], profile: ['preferred_username'], roles: ['realm_access'] },
  conformIdTokenClaims: claims === 'at-userinfo',
  findAccount: (_context, name) => ({ accountId: name, claims: () => ({ sub: name, ...rolesOf(name) }) }),
  extraTokenClaims: (_context, { clientId }) => rolesOf(clientId),
  features: {
    devInteractions: { enabled: true },
    clientCredentials: { enabled: true },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: (_context, resource) => ({
        scope: 'anything',
        audience: resource === 'urn:caliper' ? 'caliper' : resource,
        accessTokenFormat: 'jwt',
        jwt: { sign: { alg: 'ES256' } },
      }),
    },
  },
});

const server = createServer(provider.callback());
server.listen(port, '127.0.0.1', () => process.stdout.write('ready\n'));
