import { afterEach, expect, test } from '@jest/globals';
import { chmodSync, lstatSync, mkdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { binariesIn, linksMade, packagedBinaries } from '../../../src/ledger/database/binaries.js';
import { asRoot, temporaryFolder } from '../databases.js';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});
const newFolder = (): string => {
  const folder = temporaryFolder();
  folders.push(folder);
  return folder;
};

/** A package as npm unpacks it where its install script was not allowed to run. */
const packageWithoutLinks = (): string => {
  const folder = newFolder();
  mkdirSync(join(folder, 'native/lib'), { recursive: true });
  writeFileSync(join(folder, 'native/lib/libpq.so.5.18'), 'library');
  const list = ['libpq.so', 'libpq.so.5'].map((name) => ({
    source: 'native/lib/libpq.so.5.18',
    target: `native/lib/${name}`,
  }));
  writeFileSync(join(folder, 'native/pg-symlinks.json'), JSON.stringify(list));
  return folder;
};

test("the links that the package's install script would make are made, once", async () => {
  const folder = packageWithoutLinks();
  expect([await linksMade(folder), await linksMade(folder)]).toEqual([true, true]);
  for (const name of ['libpq.so', 'libpq.so.5']) {
    expect(readlinkSync(join(folder, 'native/lib', name))).toBe('libpq.so.5.18');
    expect(readFileSync(join(folder, 'native/lib', name), 'utf8')).toBe('library');
  }
});

(asRoot ? test.skip : test)('in a folder that cannot be written they are missing, which is said', async () => {
  const folder = packageWithoutLinks();
  chmodSync(join(folder, 'native/lib'), 0o555);
  expect(await linksMade(folder)).toBe(false);
  chmodSync(join(folder, 'native/lib'), 0o755);
});

test('a copy for another user may be read by everyone and changed by its owner only, and runs', async () => {
  const folder = newFolder();
  const binaries = await packagedBinaries({ folder, when: 'always' });
  expect(binaries.postgres.startsWith(folder)).toBe(true);
  expect(binaries.major).toBe(18);
  for (const path of [binaries.postgres, binaries.initdb]) expect(lstatSync(path).mode & 0o777).toBe(0o755);
  expect((await packagedBinaries({ folder, when: 'always' })).postgres).toBe(binaries.postgres);
});

test('a folder without the programs is refused with words', async () => {
  const folder = newFolder();
  await expect(binariesIn(folder)).rejects.toMatchObject({
    code: 'database-binaries-missing',
    message: `The programs of PostgreSQL in ${folder} do not start (ENOENT). Install the npm packages again, or use the site's own PostgreSQL (database.url).`,
  });
});
