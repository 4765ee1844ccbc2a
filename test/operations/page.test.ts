import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium as launcher, type Browser, type Page } from 'playwright-core';
import { deleteWithDatabases } from '../environment/state-folders.js';
import { chromium, describeWith } from '../environment/peers.js';

/** The demo as a user starts it, and its page in a real browser. CALIPER_PICTURES=DIR keeps the screenshots. */
describeWith({ chromium: chromium() }, 'the page', (peers) => {
  const folder = mkdtempSync(join(tmpdir(), 'caliper-page-'));
  const pictures = process.env['CALIPER_PICTURES'] ?? folder;
  let demo: ChildProcess;
  let url: string;
  let browser: Browser;
  let page: Page;
  const outside: string[] = [];
  const complaints: string[] = [];

  beforeAll(async () => {
    demo = spawn(process.execPath, ['bin/caliper.mjs', 'demo', '--data', folder]);
    url = await new Promise<string>((found, failed) => {
      let said = '';
      demo.stderr!.on('data', (data: Buffer) => {
        said += data.toString();
        const address = /page: (http:\S+)/.exec(said);
        if (address) found(address[1]!);
      });
      demo.once('exit', () => failed(new Error(`the demo ended: ${said}`)));
    });
    browser = await launcher.launch({
      executablePath: peers.chromium,
      args: [
        '--disable-quic',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--no-first-run',
      ],
    });
    page = await browser.newPage({ viewport: { width: 1280, height: 1000 } });
    page.on('request', (request) => {
      if (!request.url().startsWith(url) && !request.url().startsWith('data:')) outside.push(request.url());
    });
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
  }, 180_000);
  afterAll(async () => {
    await browser?.close();
    demo.kill('SIGTERM');
    await new Promise((done) => (demo.exitCode === null ? demo.once('exit', done) : done(undefined)));
    await deleteWithDatabases(folder);
  }, 60_000);

  test('the overview lists the phantom report with the outcome of its seven measurements', async () => {
    for (let i = 0; i < 120; i++) {
      await page.goto(url);
      if ((await page.locator('td .outcome.stored').count()) > 0) break;
      await page.waitForTimeout(500);
    }
    expect(await page.locator('td .outcome.stored').textContent()).toBe('7 stored');
    if (!existsSync(pictures)) mkdirSync(pictures, { recursive: true });
    await page.screenshot({ path: join(pictures, 'overview.png') });
  }, 120_000);

  test('the report shows each lesion: the slice, both marks, and the contour where the stored mask is', async () => {
    await page.getByRole('link', { name: 'r-1', exact: true }).click();
    const cards = page.locator('section.card');
    expect(await cards.count()).toBe(7);
    for (let i = 0; i < 7; i++) {
      const card = cards.nth(i);
      const width = await card
        .locator('img')
        .evaluate((img: { decode(): Promise<void>; naturalWidth: number }) =>
          img.decode().then(() => img.naturalWidth),
        );
      expect(width).toBeGreaterThan(40);
      const [contour, long] = await Promise.all(
        ['.contour', '.long-axis'].map((selector) =>
          card
            .locator(selector)
            .evaluate((e: { getBoundingClientRect(): { x: number; y: number; width: number; height: number } }) => {
              const { x, y, width, height } = e.getBoundingClientRect();
              return { x, y, width, height };
            }),
        ),
      );
      // the long axis lies within the contour, to a twentieth of it
      const slack = Math.max(contour!.width, contour!.height) / 10;
      expect(long!.x).toBeGreaterThan(contour!.x - slack);
      expect(long!.y).toBeGreaterThan(contour!.y - slack);
      expect(long!.x + long!.width).toBeLessThan(contour!.x + contour!.width + slack);
      expect(long!.y + long!.height).toBeLessThan(contour!.y + contour!.height + slack);
      expect(await card.locator('.outcome').textContent()).toBe('stored');
    }
    await page.screenshot({ path: join(pictures, 'report.png'), fullPage: true });
  }, 60_000);

  test('nothing leaves the host, nothing breaks the content security policy, and a wrong address is a page', async () => {
    expect(outside).toEqual([]);
    expect(complaints).toEqual([]);
    expect((await page.goto(`${url}reports/r-999`))!.status()).toBe(404);
    expect((await page.goto(`${url}reports/%3Cscript%3E`))!.status()).toBe(404);
  });
});
