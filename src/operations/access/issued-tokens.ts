import { errors, jwtVerify, type JWTPayload } from 'jose';
import { fail, ok, type Result } from '../../domain/index.js';
import type { OidcSettings } from './access-settings.js';
import { IssuerUnreachable, type Issuer } from './issuer.js';
import type { Role } from './needs.js';

/** Who a token says that somebody is. */
export interface Issued {
  /** As the audit trail names them: the issuer's word, marked as such, so that it is never taken for a local user of the same name. */
  readonly name: string;
  /** Undefined where the issuer knows them and gives them nothing to do here. */
  readonly role: Role | undefined;
}

/** `refused`: no token of this issuer for us, now; `cannot-tell`: its keys cannot be looked up. Codes, never a part of the token. */
export type TokenProblem =
  { readonly kind: 'refused'; readonly code: string } | { readonly kind: 'cannot-tell'; readonly code: string };

/** Where somebody has several roles here, the one that may most. */
const BY_RANK = ['admin', 'reviewer', 'viewer', 'trigger', 'metrics'] as const satisfies readonly Role[];

/** Other kinds of tokens (those that end a session, say) are signed by the same keys: RFC 8725 3.11. */
const TYPES: readonly unknown[] = [undefined, 'jwt', 'at+jwt', 'application/at+jwt'];

/** Whom an access token of the issuer speaks of, for us. */
export async function issuedTo(
  token: string,
  audience: string,
  settings: OidcSettings,
  issuer: Issuer,
  now: number,
): Promise<Result<Issued, TokenProblem>> {
  const claims = await issuedClaims(token, audience, settings, issuer, now);
  return claims.ok ? issuedBy(claims.value, settings) : claims;
}

/** What a token says, after its signature by a key of the issuer with an allowed algorithm, `iss`, `aud`, `exp` and `nbf` were looked at. */
export async function issuedClaims(
  token: string,
  audience: string,
  settings: OidcSettings,
  issuer: Issuer,
  now: number,
): Promise<Result<JWTPayload, TokenProblem>> {
  try {
    const { payload, protectedHeader } = await jwtVerify(token, issuer.key, {
      algorithms: [...settings.algorithms],
      issuer: settings.issuer,
      audience,
      clockTolerance: settings.clockToleranceSeconds,
      currentDate: new Date(now),
      requiredClaims: ['iss', 'aud', 'exp'],
    });
    if (!TYPES.includes(protectedHeader.typ?.toLowerCase())) return fail({ kind: 'refused', code: 'other-type' });
    return ok(payload);
  } catch (error) {
    if (error instanceof IssuerUnreachable) return fail({ kind: 'cannot-tell', code: error.code });
    if (error instanceof errors.JOSEError) return fail({ kind: 'refused', code: error.code });
    // a key of the issuer that cannot be used with the algorithm that the token names
    if (error instanceof TypeError || error instanceof DOMException) return fail({ kind: 'refused', code: error.name });
    throw error;
  }
}

/** Name and role by the configured claims. */
export function issuedBy(claims: JWTPayload, settings: OidcSettings): Result<Issued, TokenProblem> {
  const name = claimAt(claims, settings.nameClaim);
  if (typeof name !== 'string' || name.trim() === '') return fail({ kind: 'refused', code: 'no-name' });
  return ok({ name: `oidc:${name.slice(0, 64)}`, role: roleOf(claims, settings) });
}

/** Whether the claims have all that the configuration asks of them. */
export const tellsAll = (claims: JWTPayload, { nameClaim, roleClaim }: OidcSettings): boolean =>
  claimAt(claims, nameClaim) !== undefined && claimAt(claims, roleClaim) !== undefined;

function roleOf(claims: JWTPayload, { roleClaim, roles }: OidcSettings): Role | undefined {
  const value = claimAt(claims, roleClaim);
  // a list, or words with spaces between them as in `scope`
  const held: readonly unknown[] = typeof value === 'string' ? value.split(' ') : Array.isArray(value) ? value : [];
  return BY_RANK.find((role) => roles[role]?.some((word) => held.includes(word)));
}

/** `realm_access.roles`: the claim of that name, or else the one inside the claims that it names step by step. */
function claimAt(claims: JWTPayload, path: string): unknown {
  if (Object.hasOwn(claims, path)) return claims[path];
  let value: unknown = claims;
  for (const step of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[step];
  }
  return value;
}
