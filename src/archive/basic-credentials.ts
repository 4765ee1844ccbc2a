import { createHash, timingSafeEqual } from 'node:crypto';

export interface BasicCredentials {
  readonly user: string;
  readonly password: string;
}

export const CHALLENGE = 'Basic realm="Caliper archive", charset="UTF-8"';

/** Whether an Authorization header carries these credentials (RFC 7617). Takes the same time whatever is wrong. */
export function isAuthorised(header: string | undefined, expected: BasicCredentials): boolean {
  const found = /^Basic +([A-Za-z0-9+/=]+) *$/i.exec(header ?? '');
  const given = Buffer.from(found?.[1] ?? '', 'base64');
  const wanted = Buffer.from(`${expected.user}:${expected.password}`, 'utf8');
  return timingSafeEqual(digest(given), digest(wanted)) && found !== null;
}

const digest = (bytes: Buffer): Buffer => createHash('sha256').update(bytes).digest();
