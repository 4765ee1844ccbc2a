import type { IncomingMessage } from 'node:http';
import { MultipartSplitter, type MultipartPart, type MultipartProblem } from '../dicom/index.js';
import { refusal, type Answer } from './answer.js';
import { jsonTypeFor, mediaRangeOf } from './media-types.js';
import type { ResourceUrls } from './resource-urls.js';
import { storeInstance, type Store } from './store/store-instance.js';
import { storeResponse, storeStatus, type StoreOutcome } from './store/store-outcome.js';

export interface StoreLimits {
  /** Bytes of a whole request. */
  readonly requestBytes: number;
  /** Bytes of one instance, which is held in memory while it is stored. */
  readonly instanceBytes: number;
}

/** Parts of one request. */
const PARTS = 100_000;
/** Bytes of the headers of one part. */
const HEADER_BYTES = 8192;

/**
 * STOW-RS, PS3.18 10.5: the body is taken apart as it arrives and each instance is on disk before the next is looked at. One answer a part, in the
 * Store Instances Response. Undefined: the caller has gone, nobody hears an answer; what was complete is stored.
 */
export async function storeInstances(
  request: IncomingMessage,
  study: string | undefined,
  store: Store,
  urls: ResourceUrls,
  limits: StoreLimits,
): Promise<Answer | undefined> {
  const mediaType = jsonTypeFor(request.headers.accept);
  if (mediaType === undefined) return refusal(406, 'the store response is given as application/dicom+json');
  const contentType = request.headers['content-type'] ?? '';
  const type = mediaRangeOf(contentType);
  if (
    type?.type !== 'multipart/related' ||
    (type.parameters.get('type') ?? 'application/dicom').toLowerCase() !== 'application/dicom'
  )
    return refusal(415, 'instances are taken as multipart/related; type="application/dicom"');
  if (request.headers['content-encoding'] !== undefined && request.headers['content-encoding'] !== 'identity')
    return refusal(415, 'a content encoding is not taken');
  if (Number(request.headers['content-length'] ?? '0') > limits.requestBytes) return tooLarge(limits);

  const splitter = new MultipartSplitter(contentType, {
    headerBytes: HEADER_BYTES,
    partBytes: limits.instanceBytes,
    parts: PARTS,
  });
  if (splitter.problem === 'no-boundary-in-content-type')
    return refusal(400, 'the content type names no usable boundary');

  const outcomes: StoreOutcome[] = [];
  const received = await receive(request, splitter, limits, async (part) => {
    outcomes.push(await storePart(part, study, store));
  });
  switch (received) {
    case 'caller-gone':
      return undefined;
    case 'too-large':
      return outcomes.length === 0 ? tooLarge(limits) : answer(413);
    case 'no-boundary-in-body':
    case 'no-boundary-in-content-type':
      return refusal(400, 'the body holds no part');
    case 'no-closing-boundary':
    case 'headers-too-long':
    case 'too-many-parts':
      // what came last is no whole part: it failed, and those before it did not
      outcomes.push({ kind: 'unidentified', cause: 'cannot-understand' });
      return answer(storeStatus(outcomes));
    case 'part-too-long':
      outcomes.push({ kind: 'unidentified', cause: 'out-of-resources' });
      return answer(413);
    case 'complete':
      if (outcomes.length === 0) return refusal(400, 'the body holds no part');
      return answer(storeStatus(outcomes));
  }

  function answer(status: number): Answer {
    return { kind: 'json', status, mediaType: mediaType ?? '', body: storeResponse(outcomes, urls) };
  }
}

const tooLarge = (limits: StoreLimits): Answer => refusal(413, `a request may have ${limits.requestBytes} bytes`);

async function receive(
  request: IncomingMessage,
  splitter: MultipartSplitter,
  limits: StoreLimits,
  take: (part: MultipartPart) => Promise<void>,
): Promise<'complete' | 'too-large' | 'caller-gone' | MultipartProblem> {
  const chunks = request.iterator({ destroyOnReturn: false });
  for (let bytes = 0; ;) {
    const chunk = await nextChunk(chunks, request);
    if (chunk === 'gone') return 'caller-gone';
    if (chunk === 'end') break;
    bytes += chunk.length;
    if (bytes > limits.requestBytes) return 'too-large';
    for (const part of splitter.push(chunk)) await take(part);
    if (splitter.problem) return splitter.problem;
  }
  const end = splitter.end();
  return end.ok ? 'complete' : end.error;
}

async function nextChunk(
  chunks: AsyncIterator<unknown>,
  request: IncomingMessage,
): Promise<Uint8Array | 'end' | 'gone'> {
  try {
    const next = await chunks.next();
    if (next.done === true) return request.complete ? 'end' : 'gone';
    if (!(next.value instanceof Uint8Array)) throw new Error('a request without an encoding gives bytes');
    return next.value;
  } catch (error) {
    if (request.destroyed && !request.complete) return 'gone';
    throw error;
  }
}

async function storePart(part: MultipartPart, study: string | undefined, store: Store): Promise<StoreOutcome> {
  const type = mediaRangeOf(part.contentType ?? 'application/dicom')?.type;
  if (type !== 'application/dicom') return { kind: 'unidentified', cause: 'cannot-understand' };
  return storeInstance(part.body, study, store);
}
