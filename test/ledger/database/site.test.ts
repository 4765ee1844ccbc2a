import { expect, test } from '@jest/globals';
import { openDatabase } from '../../../src/ledger/index.js';
import { Told } from '../databases.js';

test.each([
  ['postgres://reader:secret@127.0.0.1:1/ledger', 'The database at 127.0.0.1:1/ledger cannot be used (ECONNREFUSED).'],
  ['postgres://reader:secret@/nowhere:secret', 'The database at '],
  ['no address: secret', 'The database at database.url (which is no postgres:// address) cannot be used'],
])('a database that is not there is said by its address, without its password: %s', async (url, says) => {
  const result = await openDatabase({ kind: 'site', url }, new Told().world);
  expect(result).toMatchObject({ ok: false, error: { code: 'database-unreachable' } });
  if (result.ok) throw new Error('opened');
  expect(result.error.says).toContain(says);
  expect(result.error.says.replace('(which is no', '')).not.toContain('reader');
  expect(result.error.says).not.toContain('secret');
});
