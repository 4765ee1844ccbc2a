import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Page } from 'playwright-core';
import { probeIssuer, type OidcSettings } from '../../src/operations/index.js';
import { freePort } from '../environment/free-port.js';
import { chromium, describeWith } from '../environment/peers.js';
import { smallWorld, type SmallWorld } from '../pipeline/small-world.js';
import { watchedBrowser, type WatchedBrowser } from './browser.js';
import { ON_THIS_MACHINE, openPage, type OpenPage } from './open-page.js';

const PEOPLE = { ada: ['radiologist', 'offline_access'], grace: ['caliper-admin'], eve: [], robot: ['caliper-admin'] };

interface Provider {
  readonly url: string;
  /** Ends it; what it kept of people's sessions is gone, and so are its keys. */
  stop(): Promise<void>;
}

async function startProvider(options: {
  readonly port: number;
  readonly returnTo: string;
  readonly claims: 'in-id-token' | 'at-userinfo';
  readonly kid: string;
}): Promise<Provider> {
  const child: ChildProcess = spawn(
    process.execPath,
    ['test/operations/openid-provider.mjs', JSON.stringify({ ...options, people: PEOPLE })],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let said = '';
  child.stderr!.on('data', (data: Buffer) => (said += data.toString()));
  const ready = once(child.stdout!, 'data');
  const ended = once(child, 'exit');
  await Promise.race([ready, ended.then(() => Promise.reject(new Error(said)))]);
  return {
    url: `http://localhost:${options.port}`,
    async stop() {
      child.kill();
      await ended;
    },
  };
}

/** A provider by other people, certified by the OpenID Foundation: what it asks for and answers was not made with us in mind. */
describeWith({ chromium: chromium() }, 'at an OpenID provider of other people', (peers) => {
  let small: SmallWorld;
  let watched: WatchedBrowser;
  let page: OpenPage;
  let provider: Provider;
  let port: number;
  let ahead = 0;
  const settings = (): OidcSettings => ({
    issuer: `http://localhost:${port}`,
    audience: 'caliper',
    ca: undefined,
    algorithms: ['RS256', 'PS256', 'ES256'],
    clockToleranceSeconds: 30,
    nameClaim: 'preferred_username',
    roleClaim: 'realm_access.roles',
    roles: { viewer: ['radiology'], reviewer: ['radiologist'], admin: ['caliper-admin'] },
    client: { id: 'caliper', secret: 'its secret: 100%', scope: 'openid profile roles' },
  });
  const start = async (kid: string, claims: 'in-id-token' | 'at-userinfo'): Promise<void> => {
    provider = await startProvider({ port, returnTo: `${page.server.url}sign-in/returned`, claims, kid });
  };

  beforeAll(async () => {
    port = await freePort();
    small = await smallWorld('live');
    watched = await watchedBrowser(peers.chromium);
    page = await openPage(small, { ...ON_THIS_MACHINE, oidc: settings() }, { now: () => Date.now() + ahead });
    await start('first', 'in-id-token');
  }, 120_000);
  afterAll(async () => {
    await watched?.browser.close();
    await provider?.stop();
    await page?.server.close();
    await small?.close();
  }, 60_000);

  /** As somebody who has no session at either place, up to what the page shows when they are back. */
  async function signInAs(name: string): Promise<Page> {
    const tab = await watched.newPage(page.server.url);
    // the provider's own form asks for a typeface of the internet
    await tab.route(/fonts\.googleapis\.com/, (route) => route.abort());
    await tab.goto(page.server.url);
    await tab.getByRole('link', { name: 'Sign in at the hospital' }).click();
    await tab.locator('input[name=login]').fill(name);
    await tab.locator('input[name=password]').fill('anything');
    await tab.locator('button[type=submit]').click();
    await tab.getByRole('button', { name: 'Continue' }).click();
    await tab.waitForURL(`${page.server.url}**`);
    return tab;
  }

  test('check finds it as the settings name it, and nothing else', async () => {
    expect(await probeIssuer(settings())).toEqual({ ok: true, value: 'answers with its keys; people sign in there' });
    expect(await probeIssuer({ ...settings(), issuer: `${provider.url}/` })).toEqual({
      ok: false,
      error: 'issuer-differs',
    });
  });

  test('people sign in with PKCE, have the role that a claim gives them, and sign out', async () => {
    const tab = await signInAs('ada');
    await tab.getByText('oidc:ada (reviewer)').waitFor();
    expect((await tab.goto(`${page.server.url}worklist`))!.status()).toBe(200);
    await tab.getByRole('button', { name: 'Sign out' }).click();
    await tab.getByRole('link', { name: 'Sign in at the hospital' }).waitFor();
    expect((await tab.goto(`${page.server.url}worklist`))!.url()).toBe(`${page.server.url}sign-in`);
    // the provider's own session goes on: it asks nobody again
    await tab.getByRole('link', { name: 'Sign in at the hospital' }).click();
    await tab.getByText('oidc:ada (reviewer)').waitFor();
    await tab.context().close();
    const signs = page.audited.filter(({ event }) => event.kind.startsWith('sign-'));
    expect(signs.map(({ event, by }) => [event.kind, by?.name])).toEqual([
      ['sign-in', 'oidc:ada'],
      ['sign-out', 'oidc:ada'],
      ['sign-in', 'oidc:ada'],
    ]);
  }, 60_000);

  test('whom it gives no role is told so', async () => {
    const tab = await signInAs('eve');
    await tab.getByText('The issuer knows you and gives you no role here.').waitFor();
    await tab.context().close();
  }, 60_000);

  test('whoever breaks off there comes back to the sign-in', async () => {
    const tab = await watched.newPage(page.server.url);
    await tab.route(/fonts\.googleapis\.com/, (route) => route.abort());
    await tab.goto(`${page.server.url}sign-in/issuer`);
    await tab.getByRole('link', { name: 'Cancel' }).click();
    await tab.getByText('The issuer did not sign you in.').waitFor();
    await tab.context().close();
  }, 60_000);

  const tokenFor = async (resource: string): Promise<string> => {
    const answer = await fetch(`${provider.url}/token`, {
      method: 'POST',
      headers: { Authorization: `Basic ${Buffer.from('robot:another+secret').toString('base64')}` },
      body: new URLSearchParams({ grant_type: 'client_credentials', resource }),
    });
    return ((await answer.json()) as { access_token: string }).access_token;
  };
  const statusWith = async (token: string): Promise<number> =>
    (await fetch(`${page.server.url}api/v1/roles`, { headers: { Authorization: `Bearer ${token}` } })).status;

  test('programs come with its access tokens for us, not with those for others', async () => {
    expect(await statusWith(await tokenFor('urn:caliper'))).toBe(200);
    expect(await statusWith(await tokenFor('urn:other'))).toBe(401);
  });

  test('it starts again with other keys: new tokens are taken, old ones no more, and people sign in', async () => {
    const old = await tokenFor('urn:caliper');
    expect(await statusWith(old)).toBe(200);
    await provider.stop();
    expect(await statusWith(old)).toBe(200); // its keys are known
    await start('second', 'in-id-token');
    ahead = 61_000; // an unknown key has it asked again, once a minute at most
    expect(await statusWith(await tokenFor('urn:caliper'))).toBe(200);
    expect(await statusWith(old)).toBe(401);
    const tab = await signInAs('grace');
    await tab.getByText('oidc:grace (admin)').waitFor();
    await tab.context().close();
  }, 60_000);

  test('claims that it keeps for userinfo are asked for there', async () => {
    await provider.stop();
    await start('third', 'at-userinfo');
    ahead = 2 * 61_000;
    const tab = await signInAs('ada');
    await tab.getByText('oidc:ada (reviewer)').waitFor();
    await tab.context().close();
  }, 60_000);
});
