import { dataSetFromJson, readPart10, TRANSFER_SYNTAXES } from '../dicom/index.js';
import { fail, ok, TAG, type DataSet, type Result } from '../domain/index.js';
import type { InstanceReference, SeriesReference } from './archive.js';
import { problemOfStatus, type ArchiveProblem } from './archive-problem.js';
import type { Channel } from './channel.js';
import { isPathIdentifier } from './path-identifier.js';
import { jsonRows } from './search.js';
import type { AnswerBody } from './answer-body.js';
import type { HttpAnswer } from './exchange.js';

const asking = (transferSyntax: string): string =>
  `multipart/related; type="application/dicom"; transfer-syntax=${transferSyntax}`;

/** Those that are read here, without implicit VR and big endian, which DICOMweb does not know (PS3.18 8.7.3.5.2). */
const NAMED = TRANSFER_SYNTAXES.filter(
  ({ frames, dataSet }) => frames !== 'not-read' && !['implicit-little', 'explicit-big'].includes(dataSet),
).map(({ uid }) => uid);

/**
 * Ways to ask for a file, the best first: as stored (an archive that transcodes fails on what it cannot decode, or mislabels it); all that we
 * can read, by name; what every archive has to give (PS3.18 8.7.3.5.2).
 */
export const ACCEPTED: readonly string[] = [asking('*'), NAMED.map(asking).join(', '), asking('1.2.840.10008.1.2.1')];

/** The Part 10 file of an instance. */
export async function retrieve(
  channel: Channel,
  reference: InstanceReference,
): Promise<Result<Uint8Array, ArchiveProblem>> {
  if (!Object.values(reference).every(isPathIdentifier)) return NOT_ASKABLE;
  for (let way = channel.habits.accepts; ; way++) {
    const exchange = await channel.client.call({ accept: ACCEPTED[way] ?? asking('*') }, (calls, request) =>
      calls.retrieveInstance({ ...clientPath(reference), sopInstanceUID: reference.instance, request }),
    );
    if (exchange.kind === 'failed') return fail(exchange.problem);
    const { answer } = exchange;
    const refusesTheWay = answer.status === 400 || answer.status === 406;
    if (refusesTheWay && way + 1 < ACCEPTED.length) continue;
    const file = fileOf(answer, reference, channel.now());
    if (file.ok) channel.habits.accepts = way;
    return file;
  }
}

/** Metadata of a series' instances, or of one. */
export async function metadata(
  channel: Channel,
  reference: SeriesReference | InstanceReference,
): Promise<Result<readonly DataSet[], ArchiveProblem>> {
  if (!Object.values(reference).every(isPathIdentifier)) return NOT_ASKABLE;
  const exchange = await channel.client.call({ accept: 'application/dicom+json' }, (calls, request) =>
    'instance' in reference
      ? calls.retrieveInstanceMetadata({ ...clientPath(reference), sopInstanceUID: reference.instance, request })
      : calls.retrieveSeriesMetadata({ ...clientPath(reference), request }),
  );
  if (exchange.kind === 'failed') return fail(exchange.problem);
  const { answer } = exchange;
  if (isGone(answer)) return fail({ code: 'image-gone', status: answer.status });
  const rows = jsonRows(answer, channel.now());
  if (!rows.ok) return rows;
  const dataSets: DataSet[] = [];
  for (const row of rows.value) {
    const dataSet = dataSetFromJson(row);
    if (!dataSet.ok) return invalid(answer, 'a row is not a data set');
    dataSets.push(dataSet.value);
  }
  return dataSets.length === 0 ? fail({ code: 'image-gone', status: answer.status }) : ok(dataSets);
}

const clientPath = ({ study, series }: SeriesReference) => ({ studyInstanceUID: study, seriesInstanceUID: series });

/** Nothing is stored under an identifier that would lead elsewhere. */
const NOT_ASKABLE = fail<ArchiveProblem>({ code: 'image-gone', detail: 'the identifier cannot be asked for' });

// 204: nothing there is one way to say that it is gone
const isGone = ({ status }: HttpAnswer): boolean => status === 404 || status === 410 || status === 204;

const invalid = ({ status }: HttpAnswer, detail: string) =>
  fail<ArchiveProblem>({ code: 'archive-answer-invalid', status, detail });

function fileOf(answer: HttpAnswer, reference: InstanceReference, now: number): Result<Uint8Array, ArchiveProblem> {
  if (isGone(answer)) return fail({ code: 'image-gone', status: answer.status });
  if (answer.status !== 200) return fail(problemOfStatus(answer.status, answer.header, now));
  const files = bodiesOf(answer.body).filter(looksLikeDicom);
  if (files.length === 0) return invalid(answer, 'no DICOM file in it');
  const file = files.find((bytes) => mayBe(bytes, reference));
  return file === undefined ? invalid(answer, 'another instance than the one asked for') : ok(file);
}

/** Part headers are not believed: their content types are often wrong, and some archives answer the bare file. */
const bodiesOf = (body: AnswerBody): readonly Uint8Array[] =>
  body.kind === 'multipart' ? body.parts.map((part) => part.body) : [body.bytes];

/** `DICM` after the preamble (PS3.10 7.1), or, where a file lost it, a first element of group 2 or 8, little endian. */
function looksLikeDicom(bytes: Uint8Array): boolean {
  if (bytes.length >= 132 && Buffer.from(bytes.subarray(128, 132)).toString('latin1') === 'DICM') return true;
  return bytes.length > 8 && (bytes[0] === 0x02 || bytes[0] === 0x08) && bytes[1] === 0x00;
}

/** A file that does not say which instance it is, or cannot be read, is for the reader to judge. */
function mayBe(bytes: Uint8Array, reference: InstanceReference): boolean {
  const file = readPart10(bytes);
  const uid = file.ok ? file.value.dataSet.text(TAG.SOPInstanceUID) : undefined;
  return uid === undefined || uid === reference.instance;
}
