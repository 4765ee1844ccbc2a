import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import dcmjs from 'dcmjs';
import { backup } from '../../src/cli/backup.js';
import { openGuestLedger } from '../../src/cli/guest-ledger.js';
import { recall } from '../../src/cli/recall.js';
import { restore } from '../../src/cli/restore.js';
import type { Terminal } from '../../src/cli/terminal.js';
import { ms, type SegmentationObject } from '../../src/domain/index.js';
import type { Claim, Ledger } from '../../src/ledger/index.js';
import { writeSegmentations } from '../../src/seg-writer/index.js';
import { deleteWithDatabases } from '../environment/state-folders.js';
import { startVault, type Vault } from '../faults/defects/bench.js';
import { fixtures, imagesIn } from '../seg-writer/ct-images.js';
import { lesionOn, requestFor } from '../seg-writer/lesions.js';

const scratch = mkdtempSync(join(tmpdir(), 'caliper-keeping-'));
const BUNDLE = { name: 'default', sha256: `ab${'0'.repeat(62)}` };
const OTHER = { name: 'default', sha256: `cd${'0'.repeat(62)}` };

let vault: Vault;
beforeAll(async () => {
  vault = await startVault();
});
afterAll(async () => {
  await vault.close();
  await deleteWithDatabases(scratch);
});

function terminal(): Terminal & { readonly printed: string[]; readonly said: string[] } {
  const printed: string[] = [];
  const said: string[] = [];
  return { printed, said, out: (line) => void printed.push(line), err: (line) => void said.push(line) };
}

function site(name: string, rejectionNotes: 'allowed' | 'never' = 'allowed'): string {
  const file = join(scratch, `${name}.yaml`);
  writeFileSync(
    file,
    `archives: [{ name: vault, url: "${vault.url}", budget: { requestsPerSecond: 1000, megabytesPerSecond: 100 } }]
sources: [{ archive: vault }]
destinations: [{ archive: vault, mode: live, rejectionNotes: ${rejectionNotes} }]
rules: [{ method: grabcut, store: { to: [vault] } }]
stateFolder: ${name}-state
`,
  );
  return file;
}

/** An object of two lesions, drawn by a model. */
function drawnBy(bundle: typeof BUNDLE, at: number): SegmentationObject {
  const slice = imagesIn(`${fixtures}/phantom`)[at]!.slice;
  const lesions = [0, 1].map((n) => ({ ...lesionOn(slice, n), method: 'cosegmentation' as const }));
  const [object] = writeSegmentations(requestFor(lesions, { bundle })).objects;
  return object!;
}

async function post(object: SegmentationObject): Promise<void> {
  const body = Buffer.concat([
    Buffer.from('--b\r\nContent-Type: application/dicom\r\n\r\n'),
    object.bytes,
    Buffer.from('\r\n--b--'),
  ]);
  const answer = await fetch(`${vault.url}/studies`, {
    method: 'POST',
    headers: { 'content-type': 'multipart/related; type="application/dicom"; boundary=b' },
    body,
  });
  expect(answer.status).toBe(200);
}

/** A ledger that says of these objects that they were stored at the vault. */
async function writtenBy(ledger: Ledger, objects: readonly SegmentationObject[]): Promise<void> {
  const digests = { policyDigest: 'p', methodDigest: 'm' };
  for (const [n, object] of objects.entries()) {
    await ledger.sight({
      source: 'vault',
      found: [
        {
          source: 'vault',
          studyInstanceUID: object.studyInstanceUID,
          seriesInstanceUID: `1.2.${n}.2` as never,
          sopInstanceUID: `1.2.${n}.3` as never,
          sopClassUID: undefined,
        },
      ],
      seriesCounts: new Map(),
      unchangedSeries: [],
      urgency: 'today',
    });
    await ledger.ensureRuns(digests, { kind: 'reports-without-run' });
    let claim: Claim = (await ledger.claimRun('test', ms(60_000)))!;
    const to = async (move: Parameters<Ledger['moveRun']>[1]) => {
      const moved = await ledger.moveRun(claim, move);
      if (moved.ok && moved.value.claim) claim = moved.value.claim;
    };
    await to({ to: 'reading' });
    await to({ to: 'segmenting' });
    await to({
      to: 'delivering',
      account: {
        measurements: object.segments.map(({ measurementKey }) => ({
          key: measurementKey,
          findings: [],
        })),
        objects: [{ object, kind: 'segmentation', destinations: ['vault'] }],
      },
    });
    const [delivery] = await ledger.deliveries(claim);
    for (const state of ['looking', 'storing', 'confirming', 'stored'] as const)
      await ledger.moveDelivery(claim, delivery!.id, { to: state });
    await to({ to: 'done' });
  }
}

const notes = (): Record<string, unknown>[] =>
  vault.files().flatMap((bytes) => {
    const { dict } = dcmjs.data.DicomMessage.readFile(
      bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer,
    );
    const natural = dcmjs.data.DicomMetaDictionary.naturalizeDataset(dict);
    return natural['Modality'] === 'KO' ? [natural] : [];
  });

test('backup beside the ledger, restore into another, recall from both and from the archive', async () => {
  const [first, second] = [drawnBy(BUNDLE, 0), drawnBy(OTHER, 1)];
  for (const object of [first, second]) await post(object);
  const config = site('one');
  const opened = await openGuestLedger(config);
  if (!opened.ok) throw new Error(opened.error.says.join());
  await writtenBy(opened.value.ledger, [first, second]);

  // backup, beside whoever has the ledger open
  const file = join(scratch, 'ledger.gz');
  const t1 = terminal();
  expect(await backup({ config, file }, t1)).toBe(0);
  expect(t1.printed).toEqual([file]);
  expect(t1.said).toEqual(['2 reports, 2 objects, 0 reviews']);
  expect((statSync(file).mode & 0o777).toString(8)).toBe('600');
  expect(await backup({ config, file }, terminal())).toBe(2);
  // restore: not into a folder in use, not a damaged file, then into an empty one
  const inUse = terminal();
  expect(await restore({ config, file }, inUse)).toBe(3);
  expect(inUse.said.join()).toContain('is in use by');
  await opened.value.close();
  const cut = join(scratch, 'cut.gz');
  writeFileSync(cut, readFileSync(file).subarray(0, -30));
  const other = site('two');
  expect(await restore({ config: other, file: cut }, terminal())).toBe(1);
  expect(await restore({ config: other, file: config }, terminal())).toBe(1);
  const t2 = terminal();
  expect(await restore({ config: other, file }, t2)).toBe(0);
  expect(t2.said).toEqual(['2 reports, 2 objects, 0 reviews']);

  // recall: a dry run changes nothing, an archive that wants no notes gets none
  const options = { bundle: { name: 'default', sha256: 'ab000000' }, since: undefined, json: false };
  const t3 = terminal();
  expect(await recall({ ...options, config: other, ask: 'ledger', dryRun: true }, t3)).toBe(0);
  expect(t3.printed).toEqual([`vault  ${first.sopInstanceUID}`]);
  expect(notes()).toEqual([]);
  const never = terminal();
  expect(await recall({ ...options, config: site('two', 'never'), ask: 'ledger', dryRun: false }, never)).toBe(1);
  expect(never.said.join()).toContain('rejectionNotes is never');
  expect(notes()).toEqual([]);
  // from an installation that knows nothing, by asking the archive
  const t4 = terminal();
  expect(await recall({ ...options, config: site('three'), ask: 'archives', dryRun: true }, t4)).toBe(0);
  expect(t4.printed).toEqual([`vault  ${first.sopInstanceUID}`]);
  const before = terminal();
  const tomorrow = new Date(Date.parse('2100-01-01T00:00:00Z'));
  expect(await recall({ ...options, config: site('two'), since: tomorrow, ask: 'ledger', dryRun: true }, before)).toBe(
    0,
  );
  expect(before.printed).toEqual([]);

  const t5 = terminal();
  expect(await recall({ ...options, config: site('two'), ask: 'ledger', dryRun: false }, t5)).toBe(0);
  expect(t5.said).toContain('1 objects rejected');
  const [note, ...more] = notes();
  expect(more).toEqual([]);
  expect(JSON.stringify(note)).toContain(first.sopInstanceUID);
  expect(JSON.stringify(note)).not.toContain(second.sopInstanceUID);
  // again: it is known
  const t6 = terminal();
  expect(await recall({ ...options, config: site('two'), ask: 'ledger', dryRun: false }, t6)).toBe(0);
  expect([t6.printed, t6.said]).toEqual([[], ['vault: 1 objects, 1 rejected already', '0 objects rejected']]);
  expect(notes()).toHaveLength(1);
}, 120_000);
