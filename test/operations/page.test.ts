import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync } from 'node:fs';
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
    page.on('pageerror', (error) => complaints.push(error.message));
  }, 180_000);
  afterAll(async () => {
    await browser?.close();
    demo.kill('SIGTERM');
    await new Promise((done) => (demo.exitCode === null ? demo.once('exit', done) : done(undefined)));
    await deleteWithDatabases(folder);
  }, 60_000);

  test('the overview says what became of the phantom report, and changes by itself', async () => {
    await page.goto(url);
    const stored = page.locator('#outcomes + table [data-outcome=stored]');
    await stored.waitFor({ timeout: 60_000 }); // put in by server-sent events: the page is not loaded again
    expect(await page.locator('ul.numbers').textContent()).toContain('1 reports');
    expect(await page.locator('#latest + table [data-outcome=stored]').textContent()).toContain('7 stored');
    expect(await page.locator('#sources + table tbody tr').textContent()).toMatch(/demo\s+\d+ s ago/);
    await keep('overview.png');
  }, 120_000);

  test('the worklist is filtered by its address, and a list that is empty says so', async () => {
    await page.getByRole('link', { name: 'Worklist' }).click();
    await page.getByLabel('Outcome').selectOption('stored');
    await page.getByRole('button', { name: 'Show' }).click();
    expect(page.url()).toContain('outcome=stored');
    expect(await page.locator('tbody tr').count()).toBe(1);
    await keep('worklist.png');
    await page.goto(`${url}worklist?outcome=failed`);
    expect(await page.locator('main').textContent()).toContain('No report here.');
    await page.goto(`${url}worklist?outcome=stored`);
  }, 60_000);

  test('the report shows each lesion: the slice, both marks, and the contour where the stored mask is', async () => {
    const bytes: number[] = [];
    page.on(
      'response',
      (response) =>
        void response.body().then(
          (body) => bytes.push(body.length),
          () => undefined,
        ),
    );
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
            .locator(`svg ${selector}`)
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
      expect(await card.locator('[data-outcome]').textContent()).toContain('stored');
      expect(await card.locator('table.axes tbody tr').count()).toBe(2);
    }
    await page.waitForLoadState('load');
    expect(bytes.reduce((sum, n) => sum + n, 0)).toBeLessThan(200_000);
    await keep('report.png');
  }, 60_000);

  test('window, zoom, marks and neighbouring slices answer to keys; what is shown is what the scanner gave', async () => {
    const figure = page.locator('#m-1 figure');
    const middle = (): Promise<number> =>
      page.evaluate(
        `(() => { const c = document.querySelector('#m-1 canvas'); return c.getContext('2d').getImageData(c.width / 2, c.height / 2, 1, 1).data[0]; })()`,
      );
    const shows = (text: string) => figure.locator('figcaption', { hasText: text }).waitFor();
    const caption = () => figure.locator('figcaption').textContent();
    await page.locator('#m-1 [data-tool=soft]').click();
    await shows('C 40 W 400');
    const soft = await middle();
    await page.locator('#m-1 [data-tool=lung]').click();
    await shows('C -500 W 1500');
    const lung = await middle();
    // one Hounsfield value, two windows: PS3.3 C.11.2.1.2.1
    const hu = (lung / 255 - 0.5) * 1499 - 500.5;
    expect(Math.abs(soft - Math.max(0, Math.min(255, ((hu - 39.5) / 399 + 0.5) * 255)))).toBeLessThan(8);

    await figure.focus();
    const before = await figure.locator('svg').getAttribute('viewBox');
    await page.keyboard.press('+');
    await page.locator(`#m-1 svg:not([viewBox="${before}"])`).waitFor();
    await page.keyboard.press('m');
    expect(await figure.locator('svg').isVisible()).toBe(false);
    await page.keyboard.press('m');
    await page.keyboard.press('ArrowUp');
    await shows('1 up');
    expect(await caption()).toContain('no contour here');
    expect(await figure.locator('svg').isVisible()).toBe(false);
    await keep('neighbour.png');
    await page.keyboard.press('r');
    await figure.locator('figcaption', { hasNotText: 'up' }).waitFor();
    expect(await figure.locator('svg').isVisible()).toBe(true);

    const box = (await figure.boundingBox())!;
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width / 2 + 20, box.y + box.height / 2 + 10);
    await page.mouse.up();
    await shows('C -480 W 1580');
  }, 60_000);

  test('everything that can be done can be done and seen with the keyboard, and nothing lacks its name', async () => {
    for (const path of ['', 'worklist', 'reports/r-1']) {
      await page.goto(url + path);
      const lacking: string[] =
        await page.evaluate(`[...document.querySelectorAll('a, button, input:not([type=hidden]), select, figure, img, table')].filter((e) => {
        const labelled = e.getAttribute('aria-label') || (e.labels && e.labels.length > 0) || e.getAttribute('alt')
          || (e.getAttribute('aria-labelledby') || '').split(' ').some((id) => id && document.getElementById(id)) || e.closest('.axes') || e.textContent.trim();
        return !labelled;
      }).map((e) => e.outerHTML.slice(0, 120))`);
      expect({ path, lacking }).toEqual({ path, lacking: [] });
      expect(await page.evaluate(`document.querySelectorAll('h1').length`)).toBe(1);
      expect(await page.evaluate(`[...document.querySelectorAll('th')].every((th) => th.scope)`)).toBe(true);
      // whatever the tab key reaches shows where it is
      for (let i = 0; i < 6; i++) {
        await page.keyboard.press('Tab');
        const outline = await page.evaluate(`getComputedStyle(document.activeElement).outlineStyle`);
        expect(outline).not.toBe('none');
      }
    }
  }, 60_000);

  test('a source is paused and resumed from the page', async () => {
    await page.goto(url);
    await page.getByRole('button', { name: 'Pause source demo' }).click();
    await page.getByRole('button', { name: 'Resume source demo' }).waitFor();
    expect(await page.locator('#sources + table').textContent()).toContain('by loopback');
    await page.getByRole('button', { name: 'Resume source demo' }).click();
    await page.getByRole('button', { name: 'Pause source demo' }).waitFor();
  }, 60_000);

  test('nothing leaves the host, nothing breaks the content security policy, and a wrong address is a page', async () => {
    expect(outside).toEqual([]);
    expect(complaints).toEqual([]);
    expect((await page.goto(`${url}reports/r-999`))!.status()).toBe(404);
    expect((await page.goto(`${url}reports/%3Cscript%3E`))!.status()).toBe(404);
  });

  async function keep(name: string): Promise<void> {
    mkdirSync(pictures, { recursive: true });
    await page.screenshot({ path: join(pictures, name), fullPage: true });
  }
});
