import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium as launcher, type Browser, type Page } from 'playwright-core';

/** A real browser that notes what leaves the page's host and what the page's policy forbids. */
export interface WatchedBrowser {
  readonly browser: Browser;
  readonly outside: string[];
  readonly complaints: string[];
  newPage(url: string): Promise<Page>;
}

export async function watchedBrowser(executablePath: string): Promise<WatchedBrowser> {
  const browser = await launcher.launch({
    executablePath,
    args: [
      '--disable-quic',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
    ],
  });
  const outside: string[] = [];
  const complaints: string[] = [];
  return {
    browser,
    outside,
    complaints,
    async newPage(url) {
      const context = await browser.newContext({ viewport: { width: 1280, height: 1180 } });
      const page = await context.newPage();
      page.on('request', (request) => {
        if (!request.url().startsWith(url) && !request.url().startsWith('data:')) outside.push(request.url());
      });
      page.on('console', (message) => {
        if (message.type() === 'error') complaints.push(message.text());
      });
      page.on('pageerror', (error) => complaints.push(error.message));
      return page;
    },
  };
}

/** Keeps a picture of what is in view where CALIPER_PICTURES names a folder. */
export async function keepPicture(page: Page, name: string): Promise<void> {
  const folder = process.env['CALIPER_PICTURES'];
  if (folder === undefined) return;
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, name) });
}
