import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium as launcher, type Browser, type Page } from 'playwright-core';
import { startArchive, type RunningArchive } from '../../src/archive/index.js';
import { makePhantomStudy } from '../../src/phantom/index.js';
import { chromium, describeWith, python, readerPackages } from '../environment/peers.js';
import { deleteWithDatabases } from '../environment/state-folders.js';
import type { Answer } from '../readers/answer.js';
import { bundled } from '../readers/readers.js';
import { serveViewer, type ViewerServer } from './viewer-server.js';

interface Shown {
  readonly rows: number;
  readonly columns: number;
  /** For each pixel of the image: the canvas pixels that show its middle. */
  readonly seen: readonly number[];
  /** Those of them whose colour the segmentation changed. */
  readonly changed: readonly number[];
  readonly labels: readonly string[];
}

interface Row {
  readonly [tag: string]: { readonly Value?: readonly unknown[] } | undefined;
}

/**
 * The demo's study in a viewer of other people's make: Cornerstone3D in Chromium loads CT and segmentation from the archive over DICOMweb and draws
 * them. What is where is read off its canvas. CALIPER_PICTURES=DIR keeps the screenshot.
 */
describeWith(
  { chromium: chromium(), readerPackages: readerPackages(), python: python() },
  'the segmentation in a viewer',
  (peers) => {
    const folder = mkdtempSync(join(tmpdir(), 'caliper-viewer-'));
    const pictures = process.env['CALIPER_PICTURES'] ?? folder;
    const study = makePhantomStudy(1);
    let archive: RunningArchive;
    let server: ViewerServer;
    let browser: Browser;
    let page: Page;
    const outside: string[] = [];
    const complaints: string[] = [];

    const search = async (path: string): Promise<readonly Row[]> =>
      (await (await fetch(`${archive.url}${path}`)).json()) as readonly Row[];
    const uidOf = (row: Row, tag: string): string => String(row[tag]?.Value?.[0]);
    const seriesOf = async (modality: string): Promise<readonly string[]> =>
      (await search(`/studies/${study.studyInstanceUID}/series?Modality=${modality}`)).map((row) =>
        uidOf(row, '0020000E'),
      );

    beforeAll(async () => {
      const demo = spawnSync(process.execPath, ['bin/caliper.mjs', 'demo', '--once', '--data', folder], {
        encoding: 'utf8',
      });
      if (demo.status !== 0) throw new Error(`the demo ends with ${demo.status}: ${demo.stderr}`);
      archive = await startArchive(
        { folder: join(folder, 'archive'), host: '127.0.0.1', port: 0 },
        { randomUUID, report: () => undefined },
      );
      const { readerPackages: packages } = peers;
      const decoder = 'node_modules/@cornerstonejs/dicom-image-loader/dist/esm/decodeImageFrameWorker.js';
      bundled(packages, 'test/browser/viewer.mjs', join(folder, 'scripts/viewer.js'), 'browser');
      bundled(packages, join(packages, decoder), join(folder, 'scripts/decodeImageFrameWorker.js'), 'browser');
      server = await serveViewer(join(folder, 'scripts'), archive.url);
      browser = await launcher.launch({
        executablePath: peers.chromium,
        args: [
          '--disable-background-networking',
          '--disable-component-update',
          '--disable-sync',
          '--no-first-run',
          '--use-angle=swiftshader',
          '--enable-unsafe-swiftshader',
        ],
      });
      page = await browser.newPage({ viewport: { width: 1024, height: 1024 } });
      page.on('request', (request) => {
        const local = [server.url, 'data:', 'blob:'].some((start) => request.url().startsWith(start));
        if (!local) outside.push(request.url());
      });
      page.on('pageerror', (error) => complaints.push(error.message));
      page.on('console', (message) => {
        if (message.type() === 'error') complaints.push(message.text());
      });
      await page.goto(server.url);
      await page.waitForFunction('globalThis.ready === true', undefined, { timeout: 60_000 });
    }, 240_000);
    afterAll(async () => {
      await browser?.close();
      await server?.close();
      await archive?.close();
      await deleteWithDatabases(folder);
    }, 60_000);

    test('every pixel of the mask is drawn, and no other', async () => {
      const [ct] = await seriesOf('CT');
      const segmentations = await Promise.all(
        (await seriesOf('SEG')).map(async (series) => {
          const [row] = await search(`/studies/${study.studyInstanceUID}/series/${series}/instances`);
          return { series, instance: uidOf(row!, '00080018') };
        }),
      );
      expect(segmentations.length).toBeGreaterThan(0);
      const masks = masksOf(segmentations.map(({ instance }) => instance));
      const image = busiest(masks);

      const request = { study: study.studyInstanceUID, series: ct, image, segmentations };
      const shown: Shown = await page.evaluate(`globalThis.show(${JSON.stringify(request)})`);
      mkdirSync(pictures, { recursive: true });
      await page.screenshot({ path: join(pictures, 'viewer.png') });

      expect(complaints).toEqual([]);
      expect(outside).toEqual([]);
      expect(shown.labels).toHaveLength(study.truths.length);
      const pixels = masks.get(image)!;
      expect(pixels.size).toBeGreaterThan(50);
      const wrong = shown.seen.flatMap((seen, pixel) => {
        if (seen === 0) throw new Error('a pixel of the image is not on the canvas');
        return shown.changed[pixel] === (pixels.has(pixel) ? seen : 0) ? [] : [pixel];
      });
      expect(wrong).toEqual([]);

      // and it lies where the phantom has its lesions
      const truth = study.truths.filter(({ imageUID }) => imageUID === image);
      const lesions = new Set(
        truth.flatMap(({ mask }) => [...mask.bits.keys()].filter((pixel) => mask.bits[pixel] === 1)),
      );
      const both = [...pixels].filter((pixel) => lesions.has(pixel)).length;
      expect((2 * both) / (pixels.size + lesions.size)).toBeGreaterThan(0.9);
    }, 120_000);

    /** Pixels by image, as highdicom reads them from the stored files. */
    function masksOf(instances: readonly string[]): ReadonlyMap<string, ReadonlySet<number>> {
      const files = spawnSync('find', [join(folder, 'archive'), '-name', '*.dcm'], { encoding: 'utf8' }).stdout.split(
        '\n',
      );
      const cases = instances.map((instance) => ({ seg: files.find((file) => file.endsWith(`${instance}.dcm`)) }));
      const run = spawnSync(peers.python, ['test/readers/read_highdicom.py'], {
        input: JSON.stringify(cases),
        encoding: 'utf8',
        maxBuffer: 1 << 28,
      });
      const masks = new Map<string, Set<number>>();
      for (const answers of JSON.parse(run.stdout) as readonly Record<string, Answer>[]) {
        const answer = answers['highdicom, by source']!;
        if (answer.kind !== 'by-source') throw new Error('highdicom does not read the object');
        for (const { sop, pixels } of answer.planes) masks.set(sop, new Set([...(masks.get(sop) ?? []), ...pixels]));
      }
      return masks;
    }
  },
);

/** The image with the most segmented pixels. */
function busiest(masks: ReadonlyMap<string, ReadonlySet<number>>): string {
  return [...masks].sort(([, a], [, b]) => b.size - a.size)[0]![0];
}
