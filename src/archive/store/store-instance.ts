import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isUid, TAG } from '../../domain/index.js';
import { readPart10, type DicomFile } from '../../dicom/index.js';
import type { Catalogue } from '../catalogue/catalogue.js';
import { identityOf, type InstanceIdentity } from '../catalogue/instance-identity.js';
import { pathOfRecord, type InstanceRecord, type SharedAttributes } from '../catalogue/instance-record.js';
import type { Journal } from '../catalogue/journal.js';
import { isPart10 } from '../catalogue/read-header.js';
import { recordOfFile } from '../catalogue/record-of-file.js';
import { instancePath } from '../storage/instance-path.js';
import type { OneAtATime } from '../storage/one-at-a-time.js';
import { isSystemError, writeOnce } from '../storage/write-once.js';
import type { FailureCause, StoreOutcome } from './store-outcome.js';

export interface Store {
  readonly folder: string;
  readonly catalogue: Catalogue;
  readonly journal: Journal;
  readonly shared: SharedAttributes;
  readonly turns: OneAtATime;
  /** A name that no other unfinished file has. */
  temporaryName(): string;
}

/**
 * Stores one Part 10 file, byte for byte. The same bytes again are stored already; other bytes under a SOP Instance UID that is taken are refused
 * and what is there stays. `study`: that of the request's path, which the instance must belong to.
 */
export async function storeInstance(bytes: Uint8Array, study: string | undefined, store: Store): Promise<StoreOutcome> {
  if (!isPart10(bytes)) return { kind: 'unidentified', cause: 'cannot-understand' };
  const file = readPart10(bytes);
  if (!file.ok) return { kind: 'unidentified', cause: 'cannot-understand' };
  const identity = identityOf(file.value.dataSet);
  if (!identity) return { kind: 'unidentified', cause: 'cannot-understand' };
  const cause = causeForRefusal(file.value, identity, study);
  if (cause) return { kind: 'refused', identity, cause };
  return store.turns.run(identity.sopInstanceUID, async () => {
    const there = store.catalogue.instance(identity.sopInstanceUID);
    if (there) return compared(bytes, identity, there, store);
    return written(bytes, file.value, identity, store);
  });
}

function causeForRefusal(
  file: DicomFile,
  identity: InstanceIdentity,
  study: string | undefined,
): FailureCause | undefined {
  if (file.problems.length > 0 || !isUid(file.meta.text(TAG.TransferSyntaxUID) ?? '')) return 'cannot-understand';
  if (study !== undefined && identity.studyInstanceUID !== study) return 'other-study';
  const declaredClass = file.meta.text(TAG.MediaStorageSOPClassUID) ?? identity.sopClassUID;
  const declaredInstance = file.meta.text(TAG.MediaStorageSOPInstanceUID) ?? identity.sopInstanceUID;
  const agrees = declaredClass === identity.sopClassUID && declaredInstance === identity.sopInstanceUID;
  return agrees ? undefined : 'does-not-match-sop-class';
}

async function compared(
  bytes: Uint8Array,
  identity: InstanceIdentity,
  there: InstanceRecord,
  store: Store,
): Promise<StoreOutcome> {
  const kept = await readFile(join(store.folder, pathOfRecord(there))).catch((error: unknown) => {
    if (isSystemError(error, 'ENOENT', 'EACCES', 'EPERM', 'EIO')) return undefined;
    throw error;
  });
  if (!kept) return { kind: 'refused', identity, cause: 'processing-failure' };
  return kept.equals(bytes)
    ? { kind: 'stored', identity }
    : { kind: 'refused', identity, cause: 'duplicate-sop-instance' };
}

async function written(
  bytes: Uint8Array,
  file: DicomFile,
  identity: InstanceIdentity,
  store: Store,
): Promise<StoreOutcome> {
  const { directory, name } = instancePath(identity);
  try {
    const stored = await writeOnce(store.folder, `${directory}/${name}`, bytes, store.temporaryName());
    const record = recordOfFile(file, { directory, name, ...stored }, store.shared);
    if (!record.ok) throw new Error(`an instance was stored and cannot be listed: ${record.error}`);
    store.catalogue.add(record.value);
    store.journal.append(record.value);
    return { kind: 'stored', identity };
  } catch (error) {
    if (isSystemError(error, 'ENOSPC', 'EDQUOT', 'EMFILE', 'ENFILE'))
      return { kind: 'refused', identity, cause: 'out-of-resources' };
    if (isSystemError(error, 'EEXIST', 'EACCES', 'EPERM', 'EROFS', 'EIO', 'ENAMETOOLONG'))
      return { kind: 'refused', identity, cause: 'processing-failure' };
    throw error;
  }
}
