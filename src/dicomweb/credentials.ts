/** How we sign in, with the secrets themselves: who calls has resolved references. */
export type Credentials =
  | { readonly kind: 'none' }
  | { readonly kind: 'basic'; readonly user: string; readonly password: string }
  /** The token is asked for at every request, so that who gives it can renew it. */
  | { readonly kind: 'bearer'; token(): Promise<string> };

/** Value of the `Authorization` header (RFC 7617 with UTF-8, RFC 6750); undefined where none is sent. */
export async function authorizationOf(credentials: Credentials): Promise<string | undefined> {
  switch (credentials.kind) {
    case 'none':
      return undefined;
    case 'basic':
      return `Basic ${Buffer.from(`${credentials.user}:${credentials.password}`, 'utf8').toString('base64')}`;
    case 'bearer':
      return `Bearer ${await credentials.token()}`;
  }
}
