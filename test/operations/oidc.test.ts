import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { spawnSync } from 'node:child_process';
import { createHmac, createPublicKey } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Sessions, type AccessSettings, type OidcSettings } from '../../src/operations/index.js';
import { chromium, describeWith } from '../environment/peers.js';
import { onThisMachine } from '../deploy/tools.js';
import { smallWorld, type SmallWorld } from '../pipeline/small-world.js';
import { watchedBrowser } from './browser.js';
import { EXPECTED, ROLES } from './expected-access.js';
import { signed, signingKey, startIssuer, type IssuerServer } from './issuer-server.js';
import { ON_THIS_MACHINE, openPage, type OpenPage } from './open-page.js';

const MINUTE = 60_000;
const key = signingKey('RS256', 'first');
const elliptic = signingKey('ES256', 'second');
const opened: OpenPage[] = [];
let small: SmallWorld;
let issuer: IssuerServer;
let now = Date.now();

const settingsFor = (of: IssuerServer, different: Partial<OidcSettings> = {}): OidcSettings => ({
  issuer: of.url,
  audience: 'caliper',
  ca: undefined,
  algorithms: ['RS256', 'PS256', 'ES256'],
  clockToleranceSeconds: 30,
  nameClaim: 'sub',
  roleClaim: 'roles',
  roles: Object.fromEntries(ROLES.map((role) => [role, [`caliper-${role}`]])),
  client: undefined,
  ...different,
});
const open = async (oidc: OidcSettings, different: Partial<AccessSettings> = {}, sessions?: Sessions) => {
  const page = await openPage(
    small,
    { ...ON_THIS_MACHINE, oidc, ...different },
    { now: () => now, ...(sessions ? { sessions } : {}) },
  );
  opened.push(page);
  return page;
};
const seconds = (): number => Math.floor(now / 1000);
const claims = (different: object = {}) => ({
  iss: issuer.url,
  aud: 'caliper',
  exp: seconds() + 300,
  sub: 'ada',
  roles: ['other', 'caliper-viewer'],
  ...different,
});
const ask = (page: OpenPage, token: string, path = 'api/v1/roles') =>
  fetch(page.server.url + path, { headers: { Authorization: `Bearer ${token}` }, redirect: 'manual' });
const statusOf = async (page: OpenPage, token: string): Promise<number> => (await ask(page, token)).status;

beforeAll(async () => {
  small = await smallWorld('live');
  await small.work();
  issuer = await startIssuer([key, elliptic]);
}, 120_000);
afterAll(async () => {
  for (const page of opened) await page.server.close();
  await issuer?.close();
  await small?.close();
}, 60_000);

describe('tokens of an issuer', () => {
  let page: OpenPage;
  beforeAll(async () => {
    page = await open(settingsFor(issuer));
  });

  test.each(Object.entries(EXPECTED))('%s', async (row, allowed) => {
    const [method, path] = row.split(' ') as [string, string];
    const address = path
      .replace(':report', 'r-1')
      .replace(':number', '1')
      .replace(':role', 'source')
      .replace(':name', 'nothing');
    for (const role of ROLES) {
      const token = signed(elliptic, claims({ sub: role, roles: [`caliper-${role}`] }));
      const answer = await fetch(page.server.url + address.slice(1), {
        method: method.toUpperCase(),
        redirect: 'manual',
        headers: {
          Authorization: `Bearer ${token}`,
          ...(method === 'post' ? { 'Content-Type': 'application/json' } : {}),
        },
        ...(method === 'post' ? { body: '{}' } : {}),
      });
      await answer.body?.cancel();
      if (row !== 'post /sign-in')
        expect({ row, role, refused: [401, 403, 503].includes(answer.status) }).toEqual({
          row,
          role,
          refused: !allowed.includes(role),
        });
    }
    // whoever trusts an issuer lets nobody in without it, on this machine neither
    const nobody = await fetch(page.server.url + address.slice(1), {
      method: method.toUpperCase(),
      redirect: 'manual',
    });
    if (!allowed.includes('nobody')) expect([303, 401]).toContain(nobody.status);
  });

  const other = signingKey('RS256', 'first');
  const cut = (token: string, part: number, text: string) => token.split('.').with(part, text).join('.');
  const own = (object: object) => Buffer.from(JSON.stringify(object)).toString('base64url');
  const symmetric = () => {
    const said = `${own({ alg: 'HS256', kid: 'first', typ: 'JWT' })}.${own(claims())}`;
    const pem = createPublicKey(key.key).export({ type: 'spki', format: 'pem' });
    return `${said}.${createHmac('sha256', pem).update(said).digest('base64url')}`;
  };
  test.each<[string, () => string, number]>([
    ['as it should be', () => signed(key, claims()), 200],
    ['of the elliptic key', () => signed(elliptic, claims()), 200],
    ['for several, us among them', () => signed(key, claims({ aud: ['x', 'caliper'] })), 200],
    ['typed as an access token (RFC 9068)', () => signed(key, claims(), { typ: 'at+jwt' }), 200],
    ['over since less than the clocks may differ', () => signed(key, claims({ exp: seconds() - 20 })), 200],
    ['over', () => signed(key, claims({ exp: seconds() - 40 })), 401],
    ['not yet', () => signed(key, claims({ nbf: seconds() + 40 })), 401],
    ['without an end', () => signed(key, claims({ exp: undefined })), 401],
    ['of another issuer', () => signed(key, claims({ iss: `${issuer.url}/` })), 401],
    ['for somebody else', () => signed(key, claims({ aud: 'caliper2' })), 401],
    ['for nobody', () => signed(key, claims({ aud: undefined })), 401],
    ['of nobody', () => signed(key, claims({ sub: undefined })), 401],
    ['signed by another key of that name', () => signed(other, claims()), 401],
    ['signed by an unknown key', () => signed({ ...other, kid: 'unknown' }, claims()), 401],
    [
      'with other claims than were signed',
      () => cut(signed(key, claims()), 1, own(claims({ roles: ['caliper-admin'] }))),
      401,
    ],
    ['without a signature', () => cut(cut(signed(key, claims()), 0, own({ alg: 'none', typ: 'JWT' })), 2, ''), 401],
    ['with a signature, and alg none', () => cut(signed(key, claims()), 0, own({ alg: 'none', kid: 'first' })), 401],
    ['signed with the public key as a secret', symmetric, 401],
    ['signed in a way that is not allowed', () => signed({ ...key, alg: 'RS512' }, claims()), 401],
    ['that asks for something we do not know', () => signed(key, claims(), { crit: ['x'], x: 1 }), 401],
    ['that ends a session', () => signed(key, claims(), { typ: 'logout+jwt' }), 401],
    [
      'with its own key in it',
      () =>
        signed({ ...other, kid: undefined }, claims(), { jwk: createPublicKey(other.key).export({ format: 'jwk' }) }),
      401,
    ],
    ['with no role for us', () => signed(key, claims({ roles: ['other'] })), 403],
    ['with roles that are no list', () => signed(key, claims({ roles: { 'caliper-admin': true } })), 403],
    ['cut off', () => signed(key, claims()).slice(0, -5), 401],
    ['that is no token', () => 'a.b.c', 401],
  ])('a token %s', async (_what, token, expected) => {
    const answer = await ask(page, token());
    expect(answer.status).toBe(expected);
    if (expected === 401)
      expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="Caliper", error="invalid_token"');
  });

  test('whatever is sent as a token, the answer is no failure of ours', async () => {
    const whole = signed(key, claims()).split('.');
    const part = fc.oneof(
      fc.constantFrom(...whole),
      fc.base64String({ maxLength: 60 }),
      fc.constant(''),
      fc.json().map((text) => Buffer.from(text).toString('base64url')),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(part, { minLength: 1, maxLength: 5 }), async (parts) => {
        const token = parts.join('.');
        const fine = token === whole.join('.') ? [200] : [401];
        if (token !== '') expect({ token, status: await statusOf(page, token) }).toEqual({ token, status: fine[0] });
      }),
      { numRuns: process.env['CALIPER_LONG'] === '1' ? 800 : 80, seed: 7 },
    );
  }, 120_000);

  test('what a token holds is in no log and no audit trail; who came is', async () => {
    const [token, refused] = [
      signed(key, claims({ email: 'secret@hospital.example' })),
      signed(key, claims({ roles: [], sub: 'eve' })),
    ];
    expect((await ask(page, token, 'reports/r-1')).status).toBe(200);
    expect(await statusOf(page, refused)).toBe(403);
    const told = JSON.stringify([page.audited, page.logged]);
    for (const secret of [...token.split('.'), ...refused.split('.').slice(1), 'secret@hospital'])
      expect(told.includes(secret)).toBe(false);
    expect(page.audited).toContainEqual(
      expect.objectContaining({
        event: expect.objectContaining({ kind: 'report-seen' }) as unknown,
        by: expect.objectContaining({ name: 'oidc:ada' }) as unknown,
      }),
    );
    expect(page.audited).toContainEqual(
      expect.objectContaining({
        event: { kind: 'not-allowed', route: '/api/v1/roles' },
        by: expect.objectContaining({ name: 'oidc:eve' }) as unknown,
      }),
    );
  });

  test('roles stand where the configuration says: inside other claims, or as words', async () => {
    const nested = await open(
      settingsFor(issuer, { roleClaim: 'realm_access.roles', nameClaim: 'preferred_username' }),
    );
    const given = {
      roles: undefined,
      realm_access: { roles: ['caliper-admin', 'caliper-viewer'] },
      preferred_username: 'ada.l',
    };
    const answer = await fetch(`${nested.server.url}api/v1/roles/source/pacs/pause`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${signed(key, claims(given))}`, 'Content-Type': 'application/json' },
      body: '{}',
    });
    expect([answer.status, JSON.stringify(await answer.json())]).toEqual([
      200,
      expect.stringContaining('by oidc:ada.l'),
    ]);
    await small.world.ledger.resumeRole('source', 'pacs');
    const scoped = await open(settingsFor(issuer, { roleClaim: 'scope' }));
    expect(await statusOf(scoped, signed(key, claims({ scope: 'openid caliper-viewer' })))).toBe(200);
    expect(await statusOf(scoped, signed(key, claims({ scope: 'openid caliper-viewers' })))).toBe(403);
    expect(await statusOf(scoped, signed(key, claims({ scope: 'openid caliper-metrics' })))).toBe(403);
  });
});

describe('an issuer', () => {
  test('that takes new keys is asked again for a key that is not known, at most once a minute', async () => {
    const turning = await startIssuer([key]);
    const page = await open(settingsFor(turning));
    const of = (signer: typeof key) => signed(signer, claims({ iss: turning.url }));
    const next = signingKey('PS256', 'next');
    const asked = () => turning.asked.filter((path) => path === '/keys').length;
    expect(await statusOf(page, of(key))).toBe(200);
    turning.keys = [next];
    // many at once, and one after the other
    expect(await Promise.all(Array.from({ length: 10 }, () => statusOf(page, of(next))))).toEqual(
      Array<number>(10).fill(401),
    );
    expect([await statusOf(page, of(key)), asked()]).toEqual([200, 1]);
    now += MINUTE + 1;
    expect(await Promise.all(Array.from({ length: 10 }, () => statusOf(page, of(next))))).toEqual(
      Array<number>(10).fill(200),
    );
    expect([await statusOf(page, of(key)), asked()]).toEqual([401, 2]); // the old key is none any more
    await turning.close();
  });

  test('that is away lets nobody be judged: 503, and known keys are believed for a day', async () => {
    const away = await startIssuer([key]);
    const { port } = new URL(away.url);
    await away.close();
    const page = await open(settingsFor(away));
    const token = () => signed(key, claims({ iss: away.url }));
    const refused = await ask(page, token());
    expect([refused.status, refused.headers.get('retry-after'), refused.headers.get('content-type')]).toEqual([
      503,
      '10',
      'application/problem+json; charset=utf-8',
    ]);
    expect(await refused.json()).toMatchObject({ title: expect.stringContaining('ECONNREFUSED') as unknown });
    expect((await ask(page, token(), 'healthz')).status).toBe(200);
    expect((await ask(page, 'no.token')).status).toBe(401); // what is no token at all needs no issuer to be refused
    expect(page.logged).toEqual(['issuer.failing']);

    const back = await startIssuer([key], { port: Number(port) });
    now += 6_000;
    expect(await statusOf(page, token())).toBe(200);
    expect(page.logged).toEqual(['issuer.failing', 'issuer.answers']);
    back.ill = { status: 500, body: 'out of order' };
    now += 2 * 60 * MINUTE;
    expect(await statusOf(page, token())).toBe(200); // asked, without an answer; its keys are still those
    expect(await statusOf(page, signed({ ...key, kid: 'new' }, claims({ iss: away.url })))).toBe(503); // it may be one of its new ones
    now += 24 * 60 * MINUTE;
    expect(await statusOf(page, token())).toBe(503);
    for (const body of [
      '<html>',
      '[]',
      JSON.stringify({ issuer: 'https://other.example', jwks_uri: `${away.url}/keys` }),
      JSON.stringify({ issuer: away.url }),
      'x'.repeat(600_000),
    ]) {
      back.ill = { status: 200, body };
      now += 6_000;
      expect({ body: body.slice(0, 40), status: await statusOf(page, token()) }).toMatchObject({ status: 503 });
    }
    back.ill = undefined;
    now += 6_000;
    expect(await statusOf(page, token())).toBe(200);
    await back.close();
  }, 60_000);

  onThisMachine('openssl')(
    'is spoken to by TLS, with the authority that the settings name and no other',
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'caliper-issuer-'));
      const [keyFile, file] = [join(folder, 'key'), join(folder, 'certificate')];
      spawnSync(
        'openssl',
        `req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1 -keyout ${keyFile} -out ${file}`.split(
          ' ',
        ),
      );
      const ca = readFileSync(file, 'utf8');
      const safe = await startIssuer([key], { tls: { cert: ca, key: readFileSync(keyFile, 'utf8') } });
      rmSync(folder, { recursive: true });
      const token = signed(key, claims({ iss: safe.url }));
      expect(await statusOf(await open(settingsFor(safe, { ca })), token)).toBe(200);
      const wary = await ask(await open(settingsFor(safe)), token);
      expect([wary.status, await wary.text()]).toEqual([503, expect.stringContaining('SELF_SIGNED')]);
      await safe.close();
    },
    60_000,
  );
});

describe('signing in at an issuer', () => {
  const client = { id: 'page', secret: 'its secret', scope: 'openid profile' };
  let login: IssuerServer;
  let page: OpenPage;
  const sessions = new Sessions(() => now);
  beforeAll(async () => {
    now = Date.now();
    // another site than the page, as browsers see it
    login = await startIssuer([key], { host: 'localhost', secret: client.secret });
    page = await open(settingsFor(login, { client }), {}, sessions);
  });
  afterAll(() => login?.close());

  const get = (address: string, cookie?: string) =>
    fetch(address, { redirect: 'manual', ...(cookie ? { headers: { Cookie: cookie } } : {}) });
  const cookieIn = (answer: Response): string => answer.headers.getSetCookie()[0]!.split(';')[0]!;
  /** To the issuer and back, up to what is asked of the page then. */
  const sentBack = async () => {
    const begun = await get(`${page.server.url}sign-in/issuer`);
    expect([begun.status, begun.headers.getSetCookie()[0]]).toEqual([
      303,
      expect.stringMatching(/^caliper-issuer=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Max-Age=600$/),
    ]);
    const back = await get(begun.headers.get('location')!);
    return { address: back.headers.get('location')!, browser: cookieIn(begun) };
  };

  test('is a session of whom the issuer names; each answer counts once, in the browser that asked', async () => {
    expect(await (await get(`${page.server.url}sign-in`)).text()).toMatch(/href="\/sign-in\/issuer"/);
    login.claims = { sub: 'ada', roles: ['caliper-reviewer'] };
    const { address, browser } = await sentBack();
    expect(address.startsWith(`${page.server.url}sign-in/returned?`)).toBe(true);
    const other = await sentBack();
    expect((await get(address)).status).toBe(401); // without the cookie; and that was its one time
    expect((await get(address, browser)).status).toBe(401);
    expect((await get(other.address, browser)).status).toBe(401); // with another browser's
    const { address: again, browser: mine } = await sentBack();
    const returned = await get(again, mine);
    expect([returned.status, returned.headers.get('refresh')]).toEqual([200, '0; url=/']);
    const overview = await get(page.server.url, cookieIn(returned));
    expect([overview.status, await overview.text()]).toEqual([200, expect.stringContaining('oidc:ada (reviewer)')]);
    expect(page.audited).toContainEqual(
      expect.objectContaining({
        event: { kind: 'sign-in' },
        by: expect.objectContaining({ name: 'oidc:ada' }) as unknown,
      }),
    );

    // a page that is opened anew keeps it while the issuer's settings are the same
    const reloaded = await open(settingsFor(login, { client }), {}, sessions);
    expect((await get(reloaded.server.url, cookieIn(returned))).status).toBe(200);
    const changed = await open(settingsFor(login, { client, roles: { viewer: ['caliper-viewer'] } }), {}, sessions);
    expect((await get(changed.server.url, cookieIn(returned))).status).toBe(303);
  });

  test.each<[string, object, number]>([
    ['no role here', { sub: 'ada', roles: [] }, 403],
    ['another nonce', { sub: 'ada', roles: ['caliper-admin'], nonce: 'other' }, 401],
    ['a token for somebody else', { sub: 'ada', roles: ['caliper-admin'], aud: 'caliper' }, 401],
    ['a token that is over', { sub: 'ada', roles: ['caliper-admin'], exp: 1 }, 401],
  ])('%s: nobody is let in', async (_what, given, status) => {
    login.claims = given;
    const { address, browser } = await sentBack();
    const answer = await get(address, browser);
    expect([answer.status, answer.headers.getSetCookie()]).toEqual([status, []]);
  });

  test('takes ten minutes at most, needs a code of the issuer, and an issuer that answers', async () => {
    login.claims = { sub: 'ada', roles: ['caliper-viewer'] };
    const late = await sentBack();
    now += 11 * MINUTE;
    expect((await get(late.address, late.browser)).status).toBe(401);
    const forged = await sentBack();
    expect((await get(forged.address.replace(/code=[^&]*/, 'code=guessed'), forged.browser)).status).toBe(401);
    const refused = await sentBack();
    expect((await get(refused.address.replace(/code=[^&]*/, 'error=access_denied'), refused.browser)).status).toBe(401);
    const unlucky = await sentBack();
    login.ill = { status: 500, body: '' };
    expect((await get(unlucky.address, unlucky.browser)).status).toBe(503);
    login.ill = undefined;
    expect(JSON.stringify([page.audited, page.logged])).not.toContain(client.secret);
    now = Date.now();
  });

  describeWith({ chromium: chromium() }, 'in a browser', (peers) => {
    test('one click leads to the issuer, back, and to the overview', async () => {
      login.claims = { sub: 'ada', roles: ['caliper-viewer'] };
      const watched = await watchedBrowser(peers.chromium);
      try {
        const tab = await watched.newPage(page.server.url);
        await tab.goto(`${page.server.url}worklist`);
        await tab.getByRole('link', { name: 'Sign in at the hospital' }).click();
        await tab.getByRole('heading', { name: 'Caliper' }).or(tab.getByText('oidc:ada (viewer)')).first().waitFor();
        await tab.getByText('oidc:ada (viewer)').waitFor();
        expect(tab.url()).toBe(page.server.url);
        await tab.getByRole('button', { name: 'Sign out' }).click();
        await tab.getByRole('link', { name: 'Sign in at the hospital' }).waitFor();
        expect(watched.complaints).toEqual([]);
      } finally {
        await watched.browser.close();
      }
    }, 60_000);
  });
});
