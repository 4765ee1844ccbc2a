import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { readPart10 } from '../../src/dicom/index.js';
import { TAG } from '../../src/domain/index.js';
import type { ReportNumber } from '../../src/ledger/index.js';
import { makePhantomStudy } from '../../src/phantom/index.js';
import { lesionViews } from '../../src/pipeline/index.js';
import { ownSegments, segmentMask } from '../../src/seg-writer/index.js';
import { chromium, describeWith } from '../environment/peers.js';
import { smallWorld, type SmallWorld } from '../pipeline/small-world.js';
import { keepPicture, watchedBrowser, type WatchedBrowser } from './browser.js';
import { openPage, type OpenPage } from './open-page.js';

/** Every contour is held; people decide in a real browser, and the daemon stores what they chose. */
describeWith({ chromium: chromium() }, 'review of held results', (peers) => {
  const REPORT = 1 as ReportNumber;
  let small: SmallWorld;
  let held: SmallWorld['world'];
  let page: OpenPage;
  let watched: WatchedBrowser;
  let first: Page;

  beforeAll(async () => {
    small = await smallWorld('live', {}, makePhantomStudy(1).files);
    held = { ...small.world, rules: small.world.rules.map((rule) => ({ ...rule, holdBelowAgreement: 1 })) };
    await small.work(held);
    page = await openPage({ ...small, world: held });
    watched = await watchedBrowser(peers.chromium);
    first = await watched.newPage(page.server.url);
  }, 120_000);
  afterAll(async () => {
    await watched?.browser.close();
    await page?.server.close();
    await small?.close();
  }, 60_000);

  const outcomes = async () =>
    (await held.ledger.reportByNumber(REPORT))!.runs[0]!.measurements.slice(0, 2).map((m) => [m.outcome, m.reason]);

  test('a key shows its contour and nothing else is decided by it', async () => {
    expect(await outcomes()).toEqual([
      ['held', 'low-agreement'],
      ['held', 'low-agreement'],
    ]);
    await first.goto(`${page.server.url}worklist?outcome=held`);
    await first.getByRole('link', { name: 'r-1' }).click();
    const card = first.locator('#m-1');
    expect(await card.locator('form.review input[type=radio]').count()).toBe(4);
    await card.locator('figure').focus();
    await first.keyboard.press('2');
    expect(await card.locator('path.candidate-2').isVisible()).toBe(true);
    expect(await card.locator('path.candidate-1').isVisible()).toBe(false);
    expect(await card.locator('path.contour').isVisible()).toBe(false);
    expect(await first.locator('#said').textContent()).toContain('Press 2 once more');
    await keepPicture(first, 'review.png');
    expect(await outcomes()).toEqual([
      ['held', 'low-agreement'],
      ['held', 'low-agreement'],
    ]);
  }, 60_000);

  test('the first of two reviewers decides, and the second is told whose word counts', async () => {
    const second = await watched.newPage(page.server.url);
    await second.goto(`${page.server.url}reports/r-1`);
    await second.locator('#m-1 figure').focus();
    await second.keyboard.press('1');
    await Promise.all([first.waitForNavigation(), first.keyboard.press('2')]);
    expect(await first.locator('#m-1').textContent()).toMatch(/loopback chose/);
    await Promise.all([second.waitForNavigation(), second.keyboard.press('Enter')]);
    expect(await second.locator('h1').textContent()).toBe('Not decided');
    expect(await second.locator('main').textContent()).toMatch(/loopback was first, at .* and chose/);
    await keepPicture(second, 'review-second.png');
    // the browser says 409 in its console: that is the answer that is wanted
    watched.complaints.splice(0);
  }, 60_000);

  test('what was chosen is what the daemon stores, bit for bit, and it says so in the object', async () => {
    const story = (await held.ledger.reportByNumber(REPORT))!;
    expect(story.runs[0]).toMatchObject({ state: 'seen', cause: 'review' });
    const [choice] = await held.ledger.choices(story.runs[0]!.id);
    const views = await lesionViews(story, held);
    const view = views.get(story.runs[0]!.measurements[0]!.key)!;
    if (!view.ok) throw new Error(view.error);
    const shown = view.value.candidates.find((c) => c.maskSha256 === choice!.maskSha256)!;
    expect(choice).toMatchObject({ by: 'loopback', candidate: shown.name });

    await small.work(held);
    expect(await outcomes()).toEqual([
      ['stored', undefined],
      ['held', 'low-agreement'],
    ]);
    const files = readdirSync(small.folder, { recursive: true, encoding: 'utf8' }).filter((f) => f.endsWith('.dcm'));
    const stored = files
      .map((name) => readPart10(readFileSync(join(small.folder, name))))
      .flatMap((file) => (file.ok && file.value.dataSet.text(TAG.Modality) === 'SEG' ? [file.value.dataSet] : []));
    expect(stored).toHaveLength(1);
    const mask = segmentMask(stored[0]!, 1)!;
    expect(Buffer.from(mask.bits).equals(Buffer.from(shown.lesion.mask.bits))).toBe(true);
    expect(ownSegments(stored[0]!)).toHaveLength(1);
  }, 60_000);

  test('none of them: nothing is stored, and the reason says that a person looked', async () => {
    await first.goto(`${page.server.url}reports/r-1`);
    await first.locator('#m-2 figure').focus();
    await first.keyboard.press('0');
    await Promise.all([first.waitForNavigation(), first.keyboard.press('0')]);
    expect(await outcomes()).toEqual([
      ['stored', undefined],
      ['skipped', 'rejected-by-reviewer'],
    ]);
    expect(await first.locator('#m-2').textContent()).toContain('loopback chose none');
  }, 60_000);

  test('a choice of a contour that is not the shown one, or of a run that is over, is refused as stale', async () => {
    const story = (await held.ledger.reportByNumber(REPORT))!;
    const post = (choice: object) =>
      fetch(`${page.server.url}api/v1/reports/r-1/measurements/2/choice`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(choice),
      });
    const stale = await post({ run: 4711, candidate: 'none', maskSha256: null });
    expect([stale.status, stale.headers.get('content-type')]).toEqual([409, 'application/problem+json; charset=utf-8']);
    expect(await stale.json()).toMatchObject({ type: 'urn:caliper:stale', status: 409 });
    const taken = await post({ run: story.runs[0]!.id, candidate: 'seed', maskSha256: 'a'.repeat(64) });
    expect(await taken.json()).toMatchObject({ type: 'urn:caliper:taken' });
    expect(await (await post({ run: 1, candidate: 'seed', maskSha256: null })).json()).toMatchObject({ status: 400 });
  }, 60_000);

  test('every decision and every refusal is in the audit trail, with who and what', () => {
    const decisions = page.audited.filter((r) => r.event.kind === 'contour-decided');
    expect(decisions.map((r) => r.outcome)).toEqual(['success', 'refused', 'success', 'refused', 'refused']);
    expect(decisions[0]).toMatchObject({ by: { name: 'loopback', address: '127.0.0.1' } });
    expect(page.audited.some((r) => r.event.kind === 'report-seen')).toBe(true);
  });

  test('nothing leaves the host and nothing breaks the content security policy', () => {
    expect(watched.outside).toEqual([]);
    expect(watched.complaints).toEqual([]);
  });
});
