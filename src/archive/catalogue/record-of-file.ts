import { fail, isUid, ok, TAG, tag as tagOfNumber, type Result } from '../../domain/index.js';
import { dicomJsonOf, type DicomFile } from '../../dicom/index.js';
import type { JsonAttributes } from '../search/dicom-json-values.js';
import { INDEXED, keyOf } from '../search/levels.js';
import { identityOf } from './instance-identity.js';
import { OWN, type InstanceRecord, type SharedAttributes } from './instance-record.js';

/** Where a file lies and how it looked when it was read. */
export type FilePlace = Pick<InstanceRecord, 'directory' | 'name' | 'size' | 'modified'>;

export type NotServed = 'not-dicom' | 'no-transfer-syntax' | 'no-identity';

const INDEXED_TAGS = new Set(
  [...INDEXED.study, ...INDEXED.series, ...INDEXED.instance].map((key) => tagOfNumber(parseInt(key, 16))),
);

/**
 * The entry of a file in the index. A data set without the file meta information of PS3.10, or without the UIDs that make it an instance of
 * something, has no address in a DICOMweb archive.
 */
export function recordOfFile(
  file: DicomFile,
  place: FilePlace,
  shared: SharedAttributes,
): Result<InstanceRecord, NotServed> {
  const declared = file.meta.text(TAG.TransferSyntaxUID);
  if (declared === undefined || !isUid(declared)) return fail('no-transfer-syntax');
  const identity = identityOf(file.dataSet);
  if (!identity) return fail('no-identity');

  const attributes: JsonAttributes = dicomJsonOf(file.dataSet, { tags: INDEXED_TAGS });
  return ok({
    ...identity,
    transferSyntaxUID: declared,
    ...place,
    study: shared.share(chosen(attributes, (key) => INDEXED.study.has(key))),
    series: shared.share(chosen(attributes, (key) => INDEXED.series.has(key))),
    common: shared.share(
      chosen(attributes, (key) => INDEXED.instance.has(key) && !OWN.has(key) && key !== SOP_INSTANCE_UID),
    ),
    own: JSON.stringify(chosen(attributes, (key) => OWN.has(key))),
  });
}

const SOP_INSTANCE_UID = keyOf('SOPInstanceUID');

const chosen = (attributes: JsonAttributes, wanted: (key: string) => boolean): JsonAttributes =>
  Object.fromEntries(Object.entries(attributes).filter(([key]) => wanted(key)));
