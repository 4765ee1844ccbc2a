import { z } from 'zod';
import { secret } from './secret-reference.js';

const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'] as const;

const words = (what: string) => z.array(z.string().min(1).max(256)).min(1).optional().describe(what);

/** `page.oidc`: whose tokens the page believes, and what they may do here. */
export const issuerSchema = z
  .strictObject({
    issuer: z
      .string()
      .refine(isIssuer, 'must be an https address without query, as the tokens name it (http on loopback alone)')
      .describe('Address of the issuer, letter by letter as its tokens name it (iss).'),
    audience: z.string().min(1).max(256).describe('What its access tokens must be for (aud).'),
    ca: secret('Certificate of the authority to trust (PEM).').optional(),
    algorithms: z
      .array(z.enum(ALGORITHMS))
      .min(1)
      .default(['RS256', 'PS256', 'ES256'])
      .describe('Signatures that are taken: RS, PS or ES with 256, 384 or 512, or EdDSA.'),
    clockToleranceSeconds: z
      .int()
      .min(0)
      .max(300)
      .default(30)
      .describe('How far its clock and ours may be apart, in seconds.'),
    nameClaim: z
      .string()
      .min(1)
      .max(256)
      .default('sub')
      .describe('Claim that names who comes, for the audit trail, where it stands as oidc:NAME.'),
    roleClaim: z
      .string()
      .min(1)
      .max(256)
      .default('roles')
      .describe(
        'Claim with what they may do: a list, or words; steps into claims by dots, such as realm_access.roles.',
      ),
    roles: z
      .strictObject({
        viewer: words('Words of the claim that make a viewer.'),
        reviewer: words('Words that make a reviewer.'),
        admin: words('Words that make an admin.'),
        metrics: words('Words that let a program read /metrics.'),
        trigger: words('Words that let a program name reports to look up.'),
      })
      .refine((roles) => Object.values(roles).some((r) => r !== undefined), 'names no role: nobody would be let in')
      .describe('Which words of the claim are which role here; of several roles the one that may most counts.'),
    client: z
      .strictObject({
        id: z.string().min(1).max(256).describe('Client ID of the page at the issuer.'),
        secret: secret('Client secret; left out for a public client.').optional(),
        scope: z
          .string()
          .regex(/^openid( [\x21-\x7e]+)*$/, 'must begin with openid')
          .default('openid')
          .describe('What is asked for. Claims above that are not in the ID token are asked for at userinfo.'),
      })
      .optional()
      .describe(
        'How people sign in at the issuer (authorization code with PKCE; they come back to /sign-in/returned); without it only bearer tokens are taken.',
      ),
  })
  .describe('An OpenID Connect issuer whose users and programs may come in.');

function isIssuer(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, search, hash, username } = new URL(text);
  if (search !== '' || hash !== '' || username !== '') return false;
  return protocol === 'https:' || (protocol === 'http:' && ['127.0.0.1', '[::1]', 'localhost'].includes(hostname));
}
