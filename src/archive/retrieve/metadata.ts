import { join } from 'node:path';
import { TAG, type DataSet } from '../../domain/index.js';
import { dicomJsonOf } from '../../dicom/index.js';
import { refusal, type Answer } from '../answer.js';
import { pathOfRecord, type InstanceRecord } from '../catalogue/instance-record.js';
import { readHeader } from '../catalogue/read-header.js';
import { jsonTypeFor } from '../media-types.js';
import type { ResourceUrls } from '../resource-urls.js';
import { jsonKeyOf, type JsonAttributes } from '../search/dicom-json-values.js';
import { isSystemError } from '../storage/write-once.js';
import { bulkBytes, bulkPathOf } from './bulk-value.js';
import { filesOf, readFileOf } from './stored-files.js';

/** Binary values up to this many bytes stand in the metadata themselves (InlineBinary), pixel data never. */
const INLINE_BYTES = 1024;

/** WADO-RS metadata, PS3.18 10.4.1.1.2: one data set an instance, written out one after the other. */
export async function retrieveMetadata(
  records: readonly InstanceRecord[],
  accept: string | undefined,
  folder: string,
  urls: ResourceUrls,
): Promise<Answer> {
  const mediaType = jsonTypeFor(accept);
  if (mediaType === undefined) return refusal(406, 'metadata is given as application/dicom+json');
  if (!(await filesOf(records, folder)))
    return refusal(410, 'a file of this resource has been taken out of the archive’s folder');
  return { kind: 'json-stream', mediaType, elements: metadataOf(records, folder, urls) };
}

async function* metadataOf(
  records: readonly InstanceRecord[],
  folder: string,
  urls: ResourceUrls,
): AsyncGenerator<string> {
  for (const record of records) {
    const file = await readFileOf(record, folder);
    if (!file) throw new Error('a file of the archive vanished while it was being read');
    yield JSON.stringify(attributesWithLinks(file.dataSet, record, urls));
  }
}

/** All that a search may return of an instance, without reading its pixels; undefined when its file cannot be read (any more). */
export async function attributesOf(
  record: InstanceRecord,
  folder: string,
  urls: ResourceUrls,
): Promise<JsonAttributes | undefined> {
  try {
    const header = await readHeader(join(folder, pathOfRecord(record)));
    return header.ok ? attributesWithLinks(header.value.dataSet, record, urls) : undefined;
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR', 'EACCES', 'EPERM')) return undefined;
    throw error;
  }
}

function attributesWithLinks(dataSet: DataSet, record: InstanceRecord, urls: ResourceUrls): JsonAttributes {
  const instance = urls.instance(record.studyInstanceUID, record.seriesInstanceUID, record.sopInstanceUID);
  return dicomJsonOf(dataSet, {
    bulkDataURI: (path) => (isLinked(path, dataSet) ? `${instance}/bulkdata/${path}` : undefined),
  });
}

function isLinked(text: string, dataSet: DataSet): boolean {
  if (PIXELS.has(text)) return true;
  const path = bulkPathOf(text);
  const bytes = path && bulkBytes(dataSet, path);
  return bytes !== undefined && bytes.length > INLINE_BYTES;
}

const PIXELS = new Set([TAG.PixelData, TAG.FloatPixelData, TAG.DoubleFloatPixelData].map(jsonKeyOf));
