import { TAG } from '../../domain/index.js';
import { refusal, type Answer, type Part } from '../answer.js';
import type { InstanceRecord } from '../catalogue/instance-record.js';
import { acceptedRanges } from '../media-types.js';
import type { ResourceUrls } from '../resource-urls.js';
import { acceptedForms, type AcceptedForm } from './accepted-form.js';
import { bulkBytes, bulkPathOf } from './bulk-value.js';
import { pixelFramesOf, type PixelFrames } from './pixel-frames.js';
import { readFileOf } from './stored-files.js';
import { EXPLICIT_LITTLE_ENDIAN } from './transfer-syntaxes.js';

const OCTETS = 'application/octet-stream';

/** WADO-RS frames, PS3.18 10.4.1.1.6: native pixels as octets, encapsulated ones as their bit stream. `list`: the last part of the path. */
export async function retrieveFrames(
  record: InstanceRecord,
  list: string,
  accept: string | undefined,
  folder: string,
  urls: ResourceUrls,
): Promise<Answer> {
  if (!/^[1-9]\d{0,8}(,[1-9]\d{0,8})*$/.test(list))
    return refusal(400, 'frames are numbered from 1 and separated by commas');
  const file = await readFileOf(record, folder);
  if (!file) return gone();
  const frames = pixelFramesOf(file);
  if (!frames) return refusal(404, 'the instance has no frames, or none that can be told apart');
  const numbers = list.split(',').map(Number);
  return framesAnswer(frames, numbers, accept, `${instanceUrl(record, urls)}/frames`);
}

/** What a BulkDataURI of the metadata leads to, PS3.18 10.4.1.1.5. Encapsulated pixel data comes as its frames. */
export async function retrieveBulkData(
  record: InstanceRecord,
  pathText: string,
  accept: string | undefined,
  folder: string,
  urls: ResourceUrls,
): Promise<Answer> {
  const path = bulkPathOf(pathText);
  if (!path) return refusal(404, 'the instance has no such value');
  const file = await readFileOf(record, folder);
  if (!file) return gone();
  const bytes = bulkBytes(file.dataSet, path);
  if (bytes) {
    const form = chosenForm(accept, OCTETS, 1, [EXPLICIT_LITTLE_ENDIAN]);
    const part = partOf(OCTETS, bytes, `${instanceUrl(record, urls)}/bulkdata/${pathText}`);
    return form ? answerOf(form, OCTETS, [part]) : refusal(406, 'bulk data is sent as application/octet-stream');
  }
  const frames = path.tag === TAG.PixelData && path.sequences.length === 0 ? pixelFramesOf(file) : undefined;
  if (!frames) return refusal(404, 'the instance has no such value');
  const all = Array.from({ length: frames.count }, (_, index) => index + 1);
  return framesAnswer(frames, all, accept, `${instanceUrl(record, urls)}/frames`);
}

function framesAnswer(
  frames: PixelFrames,
  numbers: readonly number[],
  accept: string | undefined,
  url: string,
): Answer {
  const bodies: Uint8Array[] = [];
  for (const number of numbers) {
    const body = number <= frames.count ? frames.frame(number) : undefined;
    if (!body) return refusal(404, 'a frame that was asked for is not in the instance');
    bodies.push(body);
  }
  const { transferSyntaxUID: stored } = frames;
  for (const mediaType of new Set([frames.mediaType, OCTETS])) {
    // octets whose syntax is not named are native pixels, by default
    const unnamed = mediaType !== OCTETS || stored === EXPLICIT_LITTLE_ENDIAN;
    const form = chosenForm(accept, mediaType, bodies.length, [stored], unnamed ? 'taken' : 'not-taken');
    if (!form) continue;
    const contentType = `${mediaType}; transfer-syntax=${stored}`;
    return answerOf(
      form,
      mediaType,
      bodies.map((body, index) => partOf(contentType, body, `${url}/${numbers[index]}`)),
    );
  }
  return refusal(406, `the frames are to be had as ${frames.mediaType} in the transfer syntax they are stored in`);
}

function chosenForm(
  accept: string | undefined,
  mediaType: string,
  bodies: number,
  syntaxes: readonly string[],
  unnamed: 'taken' | 'not-taken' = 'taken',
): AcceptedForm['form'] | undefined {
  return acceptedRanges(accept)
    .flatMap((range) => acceptedForms(range, mediaType))
    .filter(({ form }) => form === 'multipart' || bodies === 1)
    .find(({ syntax }) => {
      if (syntax.kind === 'named') return syntaxes.includes(syntax.uid);
      return syntax.kind === 'any' || unnamed === 'taken';
    })?.form;
}

const partOf = (contentType: string, body: Uint8Array, contentLocation: string): Part => ({
  contentType,
  contentLocation,
  length: body.length,
  open: () => [body],
});

function answerOf(form: AcceptedForm['form'], partType: string, parts: readonly Part[]): Answer {
  const [only] = parts;
  return form === 'single' && only ? { kind: 'single', part: only } : { kind: 'multipart', partType, parts };
}

const instanceUrl = (record: InstanceRecord, urls: ResourceUrls): string =>
  urls.instance(record.studyInstanceUID, record.seriesInstanceUID, record.sopInstanceUID);

const gone = (): Answer => refusal(410, 'the file of this instance has been taken out of the archive’s folder');
