import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { makePhantomStudy } from '../../src/phantom/index.js';
import { hashedPassword } from '../../src/operations/index.js';
import { chromium, describeWith } from '../environment/peers.js';
import { smallWorld, type SmallWorld } from '../pipeline/small-world.js';
import { watchedBrowser, type WatchedBrowser } from './browser.js';
import { ON_THIS_MACHINE, openPage, type OpenPage } from './open-page.js';

/** axe-core, where it is installed: it judges by WCAG 2.2, and shares nothing with the page. */
function axeCore(): string | undefined {
  try {
    return createRequire(import.meta.url).resolve('axe-core/axe.min.js');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}

interface Violation {
  readonly id: string;
  readonly impact: string | null;
  readonly nodes: readonly { readonly html: string }[];
}

describeWith({ chromium: chromium(), axe: axeCore() }, 'accessibility', (peers) => {
  let small: SmallWorld;
  let page: OpenPage;
  let signIn: OpenPage;
  let watched: WatchedBrowser;

  beforeAll(async () => {
    small = await smallWorld('live', {}, makePhantomStudy(1).files);
    const held = { ...small.world, rules: small.world.rules.map((rule) => ({ ...rule, holdBelowAgreement: 0.9 })) };
    await small.work(held);
    page = await openPage({ ...small, world: held });
    const users = [{ name: 'ada', role: 'viewer' as const, password: await hashedPassword('a long enough password') }];
    signIn = await openPage(small, { ...ON_THIS_MACHINE, users });
    watched = await watchedBrowser(peers.chromium);
  }, 120_000);
  afterAll(async () => {
    await watched?.browser.close();
    await page?.server.close();
    await signIn?.server.close();
    await small?.close();
  }, 60_000);

  test.each(['', 'worklist', 'worklist?outcome=held', 'reports/r-1', 'reports/r-999', 'sign-in'])(
    'no finding of axe-core on /%s',
    async (path) => {
      const { url } = (path === 'sign-in' ? signIn : page).server;
      const tab = await watched.newPage(url);
      await tab.goto(url + path);
      // through the browser's own door: the page's policy lets no foreign script in
      await tab.evaluate(readFileSync(peers.axe, 'utf8'));
      const { violations }: { violations: readonly Violation[] } = await tab.evaluate(
        `axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })`,
      );
      expect(violations.map(({ id, impact, nodes }) => [id, impact, nodes[0]?.html.slice(0, 160)])).toEqual([]);
    },
    60_000,
  );
});
