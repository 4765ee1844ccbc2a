import { readPart10 } from '../dicom/index.js';
import { TAG, uidOf, type SopInstanceUid, type StudyInstanceUid } from '../domain/index.js';
import type { Channel } from './channel.js';
import { isPathIdentifier } from './path-identifier.js';
import { storeAnswerOf, type StoreAnswer } from './store-answer.js';

/** STOW-RS: one request with these Part 10 files, to the study that they belong to. */
export async function store(
  channel: Channel,
  study: StudyInstanceUid,
  objects: readonly Uint8Array[],
): Promise<StoreAnswer> {
  if (!isPathIdentifier(study)) throw new Error('not an identifier that can be stored to');
  const sent = objects.map(instanceOf);
  const exchange = await channel.client.call({ accept: 'application/dicom+json' }, (calls, request) =>
    calls.storeInstances({
      studyInstanceUID: study,
      datasets: objects.map((object) => new Uint8Array(object).buffer),
      request,
    }),
  );
  return storeAnswerOf(exchange, sent, channel.now());
}

/** Only our own, checked objects are stored: one that does not say which instance it is never gets here. */
function instanceOf(object: Uint8Array): SopInstanceUid {
  const file = readPart10(object);
  const uid = uidOf<SopInstanceUid>(file.ok ? file.value.dataSet.text(TAG.SOPInstanceUID) : undefined);
  if (!uid.ok) throw new Error('an object without SOPInstanceUID cannot be stored');
  return uid.value;
}
