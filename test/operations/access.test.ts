import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { request as plainRequest } from 'node:http';
import { accessProblems, type AccessSettings } from '../../src/operations/access/access-settings.js';
import { MAY, type Role } from '../../src/operations/access/needs.js';
import { hashedPassword, passwordFits, storedPassword } from '../../src/operations/access/password.js';
import { ROUTES } from '../../src/operations/application.js';
import { Gate } from '../../src/operations/access/gate.js';
import type { ReportNumber } from '../../src/ledger/index.js';
import { startPage } from '../../src/operations/index.js';
import { smallWorld, type SmallWorld } from '../pipeline/small-world.js';
import { EXPECTED, ROLES } from './expected-access.js';
import { ON_THIS_MACHINE, openPage, someToken, type OpenPage } from './open-page.js';

describe('the page for people on a network', () => {
  let small: SmallWorld;
  let page: OpenPage;
  const tokens = Object.fromEntries(ROLES.map((role) => [role, someToken()])) as Record<Role, string>;
  const PASSWORD = 'a long enough password';

  beforeAll(async () => {
    small = await smallWorld('live');
    await small.work();
    const settings: AccessSettings = {
      ...ON_THIS_MACHINE,
      reach: 'network',
      tls: 'proxy',
      users: [{ name: 'ada', role: 'reviewer', password: await hashedPassword(PASSWORD) }],
      tokens: ROLES.map((role) => ({ name: `program-${role}`, role, token: tokens[role] })),
    };
    page = await openPage(small, settings);
  }, 120_000);
  afterAll(async () => {
    await page?.server.close();
    await small?.close();
  }, 60_000);

  const address = (path: string): string =>
    page.server.url.slice(0, -1) +
    path
      .replace(':report', 'r-1')
      .replace(':number', '1')
      .replace(':role', 'source')
      .replace(':name', 'nothing-of-that-name');
  const asked = async (key: string, headers: Record<string, string>): Promise<number> => {
    const [method, path] = key.split(' ') as [string, string];
    const answer = await fetch(address(path), {
      method: method.toUpperCase(),
      redirect: 'manual',
      headers: { ...headers, ...(method === 'post' ? { 'Content-Type': 'application/json' } : {}) },
      ...(method === 'post' ? { body: '{}' } : {}),
    });
    await answer.body?.cancel();
    return answer.status;
  };
  const keyOf = (route: (typeof ROUTES)[number]): string => `${route.method} ${route.path}`;

  test('every route has its row', () => {
    expect(ROUTES.map(keyOf).sort()).toEqual(Object.keys(EXPECTED).sort());
  });

  test.each(Object.entries(EXPECTED))('%s', async (key, allowed) => {
    for (const role of ROLES) {
      const status = await asked(key, { Authorization: `Bearer ${tokens[role]}` });
      const refused = status === 401 || status === 403;
      // signing in without a name is 401 of another kind
      if (key !== 'post /sign-in')
        expect({ key, role, refused }).toEqual({ key, role, refused: !allowed.includes(role) });
    }
    const nobody = await asked(key, {});
    if (!allowed.includes('nobody')) expect([303, 401]).toContain(nobody);
    const wrong = await asked(key, { Authorization: `Bearer ${someToken()}` });
    if (!allowed.includes('nobody')) expect([303, 401]).toContain(wrong);
  });

  test('an address that is asked in another way than it knows says which it knows, whoever asks', async () => {
    for (const path of new Set(ROUTES.map((route) => route.path))) {
      const known = ROUTES.filter((route) => route.path === path).map((route) => route.method.toUpperCase());
      const allow = known.includes('GET') ? ['HEAD', ...known] : known;
      for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'PROPFIND']) {
        if (known.includes(method)) continue;
        const answer = await askedPlainly(method, path.replace(/:\w+/g, 'x'));
        expect({ method, path, ...answer }).toEqual({ method, path, status: 405, allow: allow.join(', ') });
      }
    }
    expect(await askedPlainly('TRACE', '/nothing')).toEqual({ status: 404, allow: undefined });
  }, 60_000);

  /** By node's own client: `fetch` refuses to send TRACE. */
  const askedPlainly = (method: string, path: string) =>
    new Promise<{ readonly status: number | undefined; readonly allow: string | undefined }>((resolve, reject) => {
      plainRequest(new URL(path, page.server.url), { method }, (answer) => {
        answer.resume();
        resolve({ status: answer.statusCode, allow: answer.headers.allow });
      })
        .on('error', reject)
        .end();
    });

  test('without signing in nothing is told: not a number, a name or a UID', async () => {
    const story = (await small.world.ledger.reportByNumber(1 as ReportNumber))!;
    for (const route of ROUTES) {
      if (route.method !== 'get') continue;
      const answer = await fetch(address(route.path), { redirect: 'manual' });
      const text = await answer.text();
      for (const secret of [story.report.sopInstanceUID, story.report.studyInstanceUID, 'r-1', 'pacs'])
        expect({ path: route.path, tells: text.includes(secret) }).toEqual({ path: route.path, tells: false });
    }
  });

  const form = (path: string, fields: Record<string, string>, headers: Record<string, string> = {}) =>
    fetch(page.server.url.slice(0, -1) + path, {
      method: 'POST',
      redirect: 'manual',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded', ...headers },
      body: new URLSearchParams(fields).toString(),
    });
  const signedIn = async (): Promise<string> => {
    const answer = await form('/sign-in', { name: 'ada', password: PASSWORD });
    expect(answer.status).toBe(303);
    return answer.headers.get('set-cookie')!;
  };

  test('a session: a cookie that scripts and other sites do not get, a form token, and an end', async () => {
    const cookie = await signedIn();
    expect(cookie).toMatch(/^__Host-caliper=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Secure$/);
    const sent = { Cookie: cookie.split(';')[0]! };
    const overview = await (await fetch(page.server.url, { headers: sent })).text();
    const formToken = /name="formToken" value="([\w-]+)"/.exec(overview)![1]!;
    expect(overview).toContain('ada (reviewer)');

    const choice = { run: '1', choice: 'none' };
    const path = '/reports/r-1/measurements/1/choice';
    expect((await form(path, choice, sent)).status).toBe(403);
    expect((await form(path, { ...choice, formToken: someToken() }, sent)).status).toBe(403);
    // as it is meant: the measurement is not held, which is another answer
    expect((await form(path, { ...choice, formToken }, sent)).status).toBe(409);
    for (const other of [{ Origin: 'https://evil.example' }, { 'Sec-Fetch-Site': 'cross-site' }, { Origin: 'null' }])
      expect((await form(path, { ...choice, formToken }, { ...sent, ...other })).status).toBe(403);
    expect((await form('/roles/source/pacs/pause', { formToken }, sent)).status).toBe(403);

    expect((await form('/sign-out', { formToken }, sent)).status).toBe(303);
    expect((await fetch(page.server.url, { headers: sent, redirect: 'manual' })).status).toBe(303);
  });

  test('a name that leads here by somebody else is not served', async () => {
    const { hostname, port } = new URL(page.server.url);
    const status = await new Promise<number>((resolve, reject) => {
      plainRequest({ hostname, port, path: '/', headers: { Host: 'rebound.example' } }, (answer) => {
        answer.resume();
        resolve(answer.statusCode!);
      })
        .on('error', reject)
        .end();
    });
    expect(status).toBe(421);
  });

  test('five wrong passwords, and the door stays shut for that name, right password or not', async () => {
    for (let i = 0; i < 5; i++)
      expect((await form('/sign-in', { name: 'bob', password: `wrong ${i}` })).status).toBe(401);
    expect((await form('/sign-in', { name: 'bob', password: 'wrong' })).status).toBe(429);
    const refusals = page.audited.filter((r) => r.event.kind === 'sign-in-refused');
    expect(refusals.length).toBeGreaterThanOrEqual(6);
    // what was typed as a name is not written down: it may be a password
    expect(JSON.stringify(page.audited)).not.toContain('bob');
  });

  test('answers carry the headers that browsers obey', async () => {
    const answer = await fetch(`${page.server.url}sign-in`);
    const policy = answer.headers.get('content-security-policy')!;
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain('unsafe');
    expect(answer.headers.get('strict-transport-security')).toBe('max-age=31536000');
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('x-powered-by')).toBeNull();
  });

  test('whoever sees a report is in the audit trail, by whichever door he came, and looks in a row are one', async () => {
    const Authorization = `Bearer ${tokens.viewer}`;
    const looks = () =>
      page.audited.filter((r) => r.event.kind === 'report-seen' && r.by?.name === 'program-viewer').length;
    const before = looks();
    for (const path of ['/reports/r-1/measurements/1.png', '/reports/r-1', '/api/v1/reports/r-1'])
      expect((await fetch(page.server.url.slice(0, -1) + path, { headers: { Authorization } })).status).toBe(200);
    expect([before, looks()]).toEqual([1, 1]); // the matrix above has looked already, this minute
  });

  test('every refusal of a signed-in program is in the audit trail', () => {
    expect(page.audited.some((r) => r.event.kind === 'not-allowed' && r.by?.name === 'program-viewer')).toBe(true);
  });
});

describe('a page that may not be opened', () => {
  const network: AccessSettings = { ...ON_THIS_MACHINE, reach: 'network' };
  test('is not opened, whatever the configuration said', async () => {
    const opened = await startPage({ host: '127.0.0.1', port: 0 }, { access: network } as never);
    expect(opened).toEqual({
      ok: false,
      error: {
        kind: 'not-safe',
        says: [
          'page: can be reached from other machines, but nobody can sign in',
          'page: can be reached from other machines, but does not speak TLS',
        ],
      },
    });
    const weak: AccessSettings = { ...ON_THIS_MACHINE, tokens: [{ name: 't', role: 'admin', token: 'short' }] };
    expect(accessProblems(weak)).toEqual(['page.tokens: t: the token has less than 32 characters']);
  });
});

describe('passwords and sessions', () => {
  test('a hash is of its password alone, salted, and costs beyond reason are refused', async () => {
    const hash = await hashedPassword('correct horse battery');
    expect(await hashedPassword('correct horse battery')).not.toBe(hash);
    expect(await passwordFits('correct horse battery', storedPassword(hash))).toBe('fits');
    expect(await passwordFits('correct horse batterz', storedPassword(hash))).toBe('does-not-fit');
    expect(await passwordFits('anything', undefined)).toBe('does-not-fit');
    expect(storedPassword(hash.replace('32768', '1048576'))).toBeUndefined();
    expect(storedPassword('correct horse battery')).toBeUndefined();
  }, 60_000);

  test('ends when nobody asks, after twelve hours, and with the user', async () => {
    let now = 0;
    const users = [{ name: 'ada', role: 'viewer' as const, password: await hashedPassword('0123456789ab') }];
    const gate = new Gate({ ...ON_THIS_MACHINE, users, idleMs: 1000 }, () => now);
    const request = (cookie: string) => ({ headers: { cookie } }) as never;
    const signIn = async () => {
      const answer = await gate.signIn('ada', '0123456789ab', 'here');
      if (answer.kind !== 'signed-in') throw new Error(answer.kind);
      return answer.cookie.split(';')[0]!;
    };
    let cookie = await signIn();
    now += 900;
    expect(gate.visitor(request(cookie))).toMatchObject({ name: 'ada', role: 'viewer', by: 'session' });
    now += 1100;
    expect(gate.visitor(request(cookie))).toBeUndefined();
    cookie = await signIn();
    for (let i = 0; i < 43_250; i++) {
      now += 999;
      if (!gate.visitor(request(cookie))) break;
    }
    expect(now).toBeGreaterThan(12 * 3_600_000);
    expect(gate.visitor(request(cookie))).toBeUndefined();
    expect(gate.visitor(request(`caliper=${'x'.repeat(43)}`))).toBeUndefined();
  }, 60_000);

  test('nobody has more than the table says', () => {
    expect(MAY.viewer).not.toContain('review');
    expect(MAY.reviewer).not.toContain('administer');
    expect(MAY.trigger).toEqual(['trigger']);
  });
});
