import { refusal, type Answer } from '../answer.js';
import type { InstanceRecord } from '../catalogue/instance-record.js';
import { acceptedRanges } from '../media-types.js';
import type { ResourceUrls } from '../resource-urls.js';
import { acceptedForms, type AcceptedForm, type RequestedSyntax } from './accepted-form.js';
import { filePart, filesOf } from './stored-files.js';
import { isUncompressed, mayBeLossy } from './transfer-syntaxes.js';

/**
 * Instances as they are stored, byte for byte (PS3.18 10.4). Nothing is re-encoded, so what cannot be had in a requested transfer syntax is 406
 * for the whole request, and the label of a part is always that of its file.
 */
export async function retrieveInstances(
  resource: { readonly kind: 'instance' | 'several'; readonly records: readonly InstanceRecord[] },
  accept: string | undefined,
  folder: string,
  urls: ResourceUrls,
): Promise<Answer> {
  const form = formFor(resource, accept);
  if (form === undefined) return refusal(406, NOT_ACCEPTABLE);
  const files = await filesOf(resource.records, folder);
  if (!files) return refusal(410, 'a file of this resource has been taken out of the archive’s folder');
  const parts = files.map((file) => {
    const { studyInstanceUID, seriesInstanceUID, sopInstanceUID } = file.record;
    return filePart(file, folder, urls.instance(studyInstanceUID, seriesInstanceUID, sopInstanceUID));
  });
  return form === 'single' && parts[0]
    ? { kind: 'single', part: parts[0] }
    : { kind: 'multipart', partType: 'application/dicom', parts };
}

const NOT_ACCEPTABLE =
  'instances are sent as stored, as multipart/related; type="application/dicom": accept transfer-syntax=*, or the one they are stored in';

function formFor(
  resource: { readonly kind: 'instance' | 'several'; readonly records: readonly InstanceRecord[] },
  accept: string | undefined,
): AcceptedForm['form'] | undefined {
  const accepted = acceptedRanges(accept).flatMap((range) => acceptedForms(range, 'application/dicom'));
  return accepted
    .map(({ form }) => form)
    .filter((form) => form === 'multipart' || resource.kind === 'instance')
    .find((form) =>
      resource.records.every((record) =>
        accepted.some((one) => one.form === form && isAsAsked(record.transferSyntaxUID, one.syntax)),
      ),
    );
}

/**
 * A type without a transfer syntax asks for explicit VR little endian. What is stored uncompressed comes near enough to be sent under its own name,
 * and what is stored lossy may be sent so (PS3.18 8.7.3.4); what is compressed without loss would have to be decompressed.
 */
function isAsAsked(stored: string, asked: RequestedSyntax): boolean {
  switch (asked.kind) {
    case 'any':
      return true;
    case 'named':
      return stored === asked.uid;
    case 'unnamed':
      return isUncompressed(stored) || mayBeLossy(stored);
  }
}
