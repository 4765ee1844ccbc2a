import { join } from 'node:path';
import { expect } from '@jest/globals';
import type { KernelPool } from '../../src/compute/index.js';
import { readPart10 } from '../../src/dicom/index.js';
import { TAG } from '../../src/domain/index.js';
import { harvest, type HarvestPlan } from '../../src/harvest/index.js';
import type { SmallWorld } from '../pipeline/small-world.js';

interface Asked {
  readonly labels?: HarvestPlan['scope']['labels'];
  readonly contextMm?: number;
  readonly kernels?: KernelPool;
  readonly nearline?: HarvestPlan['sources'][number]['nearline'];
  /** Reports that may be had by asking once more. */
  readonly retryable?: number;
}

/** A harvest of a small world into `scratch/name`, in this process; gives the folder of the set. */
export async function harvestSmallWorld(
  small: SmallWorld,
  scratch: string,
  name: string,
  { labels = 'weak', contextMm = 0, kernels = small.world.kernels, nearline = 'wait', retryable = 0 }: Asked,
): Promise<string> {
  const { world } = small;
  const [archive, source] = [world.destinations.get('pacs')!.archive, world.sources.get('pacs')!];
  const report = (await small.files())
    .map((bytes) => readPart10(bytes))
    .find((file) => file.ok && file.value.dataSet.text(TAG.Modality) === 'SR');
  const date = report?.ok ? report.value.dataSet.text(TAG.StudyDate) : undefined;
  const out = join(scratch, name);
  const unsaid = undefined;
  const plan: HarvestPlan = {
    sources: [{ ...source, nearline, timeZone: 'UTC', quietHours: undefined }],
    scope: { from: date, to: date, limit: undefined, contextMm, form: 'caliper-lesions', dicom: 'without', labels },
    out,
    stateFolder: join(scratch, `${name}-state`),
    key: 'a key of a test, thirty-two characters or more',
    start: 'new',
    reviews: labels === 'reviewed' ? { ledger: world.ledger, archives: new Map([['pacs', archive]]) } : undefined,
    parallel: 2,
    terms: () => ({ requestsPerSecond: 500, megabytesPerSecond: 500 }),
    patienceMs: 10_000,
    withdrawn: [],
    description: {
      name: 'small',
      version: '1',
      purpose: unsaid,
      licence: unsaid,
      approval: unsaid,
      citation: unsaid,
      contact: unsaid,
      commercial: unsaid,
    },
    softwareVersion: '0',
  };
  const ended = await harvest(plan, {
    now: Date.now,
    sleep: (ms) => new Promise((done) => setTimeout(done, ms)),
    kernels,
    share: () => 1,
    stopped: () => false,
    tell: () => undefined,
  });
  expect(ended).toMatchObject({ ok: true, value: { kind: 'done', retryable } });
  return out;
}
