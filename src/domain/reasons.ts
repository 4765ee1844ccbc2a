/**
 * Every expected failure and every way a measurement can end without a contour: a code, a sentence for the administrator, what to do, and
 * whether it is tried again. The only table of its kind: docs/errors.md, metrics labels and API types are derived from it.
 *
 * `retry`: `backoff` = tried again later by itself; `never` = only a person or a new object changes it; `wait` = waits for something that
 * usually comes by itself (an image that is still being sent, a study that is being recalled).
 */
export interface Reason {
  readonly class: 'file' | 'report' | 'image' | 'segmentation' | 'policy' | 'archive' | 'store' | 'system';
  readonly retry: 'never' | 'backoff' | 'wait';
  readonly says: string;
  readonly do: string;
}

export const REASONS = {
  // a file or an archive's bytes
  'not-dicom': {
    class: 'file',
    retry: 'never',
    says: 'The file is not DICOM.',
    do: 'Remove it, or look at how it was exported.',
  },
  truncated: {
    class: 'file',
    retry: 'backoff',
    says: 'The file ends before its data set does.',
    do: 'Send or copy it again; if the archive itself holds it so, ask its vendor.',
  },
  'data-set-invalid': {
    class: 'file',
    retry: 'never',
    says: 'The data set cannot be read: its structure contradicts itself.',
    do: 'Look at the file with dcmdump; ask the vendor of the software that wrote it.',
  },
  // a report
  'not-a-report': {
    class: 'report',
    retry: 'never',
    says: 'The object is of a kind that carries no lesion marks (dose, CAD, ECG, procedure log, key objects).',
    do: 'Nothing.',
  },
  'no-measurements': {
    class: 'report',
    retry: 'never',
    says: 'The report carries no lesion measurements.',
    do: 'Nothing.',
  },
  'own-object': {
    class: 'report',
    retry: 'never',
    says: 'The object was written by Caliper itself.',
    do: 'Nothing.',
  },
  'no-marks': {
    class: 'report',
    retry: 'never',
    says: 'The measurement has numbers but no lines on an image.',
    do: 'Nothing; such a lesion cannot be located. See whether the workstation can store the lines with the report.',
  },
  'not-interpretable': {
    class: 'report',
    retry: 'never',
    says: 'The report is of a private kind whose content cannot be interpreted.',
    do: 'Nothing; see whether the workstation can store DICOM SR (TID 1500) instead.',
  },
  'carrier-not-enabled': {
    class: 'report',
    retry: 'never',
    says: 'The object may carry marks, but reading this kind is not enabled for the source.',
    do: 'Enable it in the configuration if its drawings are measurements.',
  },
  'lines-unpaired': {
    class: 'report',
    retry: 'never',
    says: 'Lines are drawn on an image, but none of them can be told to be the axes of a lesion.',
    do: 'Nothing; drawings are read only where two lines cross as axes do, or one line stands alone.',
  },
  'drawing-ornament': {
    class: 'report',
    retry: 'never',
    says: 'A drawn line belongs to another drawing: a tick, an arrow or an angle.',
    do: 'Nothing; it is no measurement.',
  },
  superseded: {
    class: 'report',
    retry: 'never',
    says: 'A newer report replaces this one.',
    do: 'Nothing; the newer report is served.',
  },
  overwritten: {
    class: 'report',
    retry: 'never',
    says: 'The archive shows the report made at another time than before, under the same UID.',
    do: 'Nothing; it is read again.',
  },
  'duplicate-report': {
    class: 'report',
    retry: 'never',
    says: 'Another report has the same content.',
    do: 'Nothing; one of them is served.',
  },
  'rejected-by-note': {
    class: 'report',
    retry: 'never',
    says: 'A rejection note says that the report or the image is not to be used.',
    do: 'Nothing; the note in the archive says why.',
  },
  'contour-of-other-work': {
    class: 'report',
    retry: 'never',
    says: 'The destination has another contour of ours for the lesion, put there by other work since this one was written.',
    do: 'Nothing; that contour stays. To replace it: caliper replay with --method or --bundle.',
  },
  'no-image-reference': {
    class: 'report',
    retry: 'never',
    says: 'The marks do not say on which image they lie.',
    do: 'Look at the report in its own viewer.',
  },
  'axes-zero-length': {
    class: 'report',
    retry: 'never',
    says: 'A mark has no length.',
    do: 'Look at the report in its own viewer.',
  },
  'marks-off-slice': {
    class: 'report',
    retry: 'never',
    says: 'A mark lies outside its image.',
    do: 'Look at the report in its own viewer.',
  },
  'identity-differs': {
    class: 'report',
    retry: 'never',
    says: 'The report and the image it refers to disagree about patient, study or frame of reference.',
    do: 'Have the archive checked: one of the two may belong to another patient. Nothing is stored until a person decides.',
  },
  'marks-not-trusted': {
    class: 'report',
    retry: 'never',
    says: 'The marks contradict the numbers or the geometry of the report.',
    do: 'Look at the report in its own viewer; the findings say what disagrees.',
  },
  'only-short-axis': {
    class: 'report',
    retry: 'never',
    says: 'Only the short axis was drawn, as lymph nodes are measured: how long the lesion is, is not known.',
    do: 'Look at the report in its own viewer; with a long axis beside it the lesion can be segmented.',
  },
  'report-preliminary': {
    class: 'report',
    retry: 'wait',
    says: 'The report is preliminary.',
    do: 'Nothing; the final report is read when it arrives.',
  },
  'patient-withdrawn': {
    class: 'policy',
    retry: 'never',
    says: 'The patient is on the list of those who withdrew.',
    do: 'Nothing; no row of this patient is in the data set.',
  },
  'not-reviewed': {
    class: 'policy',
    retry: 'never',
    says: 'The harvest takes only contours that a person chose, and nobody has decided about this measurement.',
    do: 'Nothing; decide on the page, or harvest without --reviewed.',
  },
  'review-not-stored': {
    class: 'policy',
    retry: 'never',
    says: 'A person chose a contour, and no archive that can be read holds it yet.',
    do: 'Harvest again when the contour is stored; in shadow mode none is.',
  },
  'beyond-limit': {
    class: 'policy',
    retry: 'never',
    says: 'The harvest was told to take a certain number of reports, and this is one more.',
    do: 'Run it again without a limit.',
  },
  'no-rule': {
    class: 'policy',
    retry: 'never',
    says: 'No rule of the configuration matches the measurement.',
    do: 'Add a rule if such measurements should be segmented.',
  },
  // an image
  'image-gone': {
    class: 'image',
    retry: 'wait',
    says: 'The image that the report refers to is not in the archive.',
    do: 'Nothing if the study is still being sent; otherwise the report stays unserved.',
  },
  nearline: {
    class: 'image',
    retry: 'wait',
    says: 'The archive has the report or the image on slow media only (InstanceAvailability), and is not made to fetch it.',
    do: 'Have the study fetched in the archive: it goes on by itself within a week, later with caliper replay --reason nearline. Or set nearline: recall at the source.',
  },
  'wrong-modality': {
    class: 'image',
    retry: 'never',
    says: 'The image that the marks lie on is not CT.',
    do: 'Nothing; only CT is segmented.',
  },
  'frame-not-in-image': {
    class: 'image',
    retry: 'never',
    says: 'The report names a frame that the image does not have.',
    do: 'Look at the report in its own viewer.',
  },
  'no-plane': {
    class: 'image',
    retry: 'never',
    says: 'The image has no usable position, orientation or pixel spacing.',
    do: 'Nothing can be placed on it; see whether the original series is in the archive.',
  },
  'no-frame-of-reference': {
    class: 'image',
    retry: 'never',
    says: 'The image has no Frame of Reference UID, which a segmentation must name.',
    do: 'Have the header repaired at its origin; the contour cannot be placed by every reader otherwise.',
  },
  'source-header-invalid': {
    class: 'image',
    retry: 'never',
    says: 'The header of the image lacks or breaks an attribute that a segmentation must copy.',
    do: 'Have the header repaired at its origin; the finding names the attribute.',
  },
  'localizer-image': {
    class: 'image',
    retry: 'never',
    says: 'The marks lie on a localizer, not on a slice.',
    do: 'Nothing.',
  },
  'slice-not-axial': {
    class: 'image',
    retry: 'never',
    says: 'The marks lie on a slice that is not axial.',
    do: 'Allow it in the rule (allowNonAxial) if your readers measure on reformats.',
  },
  'burned-in-annotation': {
    class: 'image',
    retry: 'never',
    says: 'The image says that annotation is burned into its pixels, or does not rule out that a person can be recognised in it.',
    do: 'Nothing; such an image never leaves the archive in a data set.',
  },
  'secondary-capture': {
    class: 'image',
    retry: 'never',
    says: 'The image is a capture of a screen or of a film.',
    do: 'Nothing; such an image never leaves the archive in a data set.',
  },
  'pixels-not-hu': {
    class: 'image',
    retry: 'never',
    says: 'The pixel values are not Hounsfield units (a map, a colour image or a derived quantity).',
    do: 'Nothing; only Hounsfield units are segmented.',
  },
  'pixel-length-mismatch': {
    class: 'image',
    retry: 'never',
    says: 'The length of the pixel data disagrees with Rows, Columns and the number of frames.',
    do: 'The image is damaged or wrongly exported: have it sent again.',
  },
  'no-pixel-data': {
    class: 'image',
    retry: 'never',
    says: 'The image has no pixel data.',
    do: 'Have it sent again.',
  },
  'unsupported-transfer-syntax': {
    class: 'image',
    retry: 'never',
    says: 'The image is compressed in a way that is not read here.',
    do: 'Let the archive deliver another transfer syntax; docs/architecture.md lists those that are read.',
  },
  'codestream-invalid': {
    class: 'image',
    retry: 'never',
    says: 'The compressed pixel data is damaged or contradicts the header.',
    do: 'Have the image sent again; nothing is measured on damaged pixels.',
  },
  // segmentation and policy
  'mask-empty': {
    class: 'segmentation',
    retry: 'never',
    says: 'Segmentation found no lesion at the marks.',
    do: 'Look at the overlay.',
  },
  'low-agreement': {
    class: 'policy',
    retry: 'never',
    says: 'The contour does not re-measure as the marks say.',
    do: 'Look at the overlay; accept or leave it held.',
  },
  'rejected-by-reviewer': {
    class: 'policy',
    retry: 'never',
    says: 'A person looked at the contours and took none of them.',
    do: 'Nothing; the review stands in the audit trail.',
  },
  'choice-stale': {
    class: 'policy',
    retry: 'never',
    says: 'The contour that a person chose can no longer be made as it was shown: the image, the report or the software changed.',
    do: 'Look at the contours again and choose anew.',
  },
  'bundle-unavailable': {
    class: 'segmentation',
    retry: 'backoff',
    says: 'The model that the rule names is missing, damaged or foreign.',
    do: 'Install the bundle, or set the rule to method: grabcut.',
  },
  'inference-failed': {
    class: 'system',
    retry: 'backoff',
    says: 'The network could not be run: its process ended, took too long, or needed more memory than it may have.',
    do: 'Nothing if it happens once: it is started again by itself; otherwise report it with the log.',
  },
  'device-unavailable': {
    class: 'system',
    retry: 'backoff',
    says: 'The device that the network is to run on is not there.',
    do: 'Install its libraries (npm run setup:cuda) and driver, or set segmentation.device to auto.',
  },
  'worker-crashed': {
    class: 'system',
    retry: 'backoff',
    says: 'The process doing this work ended unexpectedly.',
    do: 'Nothing if it happens once; otherwise report it with the log.',
  },
  'unexpected-error': {
    class: 'system',
    retry: 'backoff',
    says: 'Something happened that should not.',
    do: 'It is tried again; report it with the log if it stays.',
  },
  // archives
  'archive-unreachable': {
    class: 'archive',
    retry: 'backoff',
    says: 'The archive does not answer.',
    do: 'Nothing is lost; look at the network and the archive.',
  },
  'archive-timeout': {
    class: 'archive',
    retry: 'backoff',
    says: 'The archive did not answer in time.',
    do: 'Nothing is lost; look at the load of the archive.',
  },
  'archive-unauthorised': {
    class: 'archive',
    retry: 'backoff',
    says: 'The archive refuses the credentials (401).',
    do: 'Correct archives[].credentials; work resumes by itself.',
  },
  'archive-forbidden': {
    class: 'archive',
    retry: 'backoff',
    says: 'The credentials are known but not allowed to do this (403).',
    do: 'Have the account given the right on this route; work resumes by itself.',
  },
  'archive-not-found': {
    class: 'archive',
    retry: 'backoff',
    says: 'The archive does not know this address (404).',
    do: 'Correct archives[].url; it must end where /studies begins.',
  },
  'archive-busy': {
    class: 'archive',
    retry: 'backoff',
    says: 'The archive asks for patience (429 or 503).',
    do: 'Nothing; lower the budget if it happens often.',
  },
  'archive-error': {
    class: 'archive',
    retry: 'backoff',
    says: 'The archive reports an error of its own (5xx) or an answer that the standard does not know.',
    do: 'Nothing is lost; look at the log of the archive.',
  },
  'archive-answer-invalid': {
    class: 'archive',
    retry: 'backoff',
    says: 'The archive answers something that is not DICOMweb (a login page, broken JSON, a cut multipart).',
    do: 'Check that the URL leads to the DICOMweb root and that no proxy stands in between.',
  },
  'archive-redirects': {
    class: 'archive',
    retry: 'backoff',
    says: 'The archive redirects to another address, which is not followed.',
    do: 'Give the final address in archives[].url.',
  },
  'search-key-ignored': {
    class: 'archive',
    retry: 'backoff',
    says: 'The archive ignores a search key that is relied on, and answers unfiltered.',
    do: 'Ask the vendor to support the key; every row is checked here, but the load on the archive is higher.',
  },
  // storing
  'store-refused': {
    class: 'store',
    retry: 'never',
    says: 'The destination refuses the object.',
    do: 'Look at the failure reason and the conformance statement of the archive.',
  },
  'store-out-of-resources': {
    class: 'store',
    retry: 'backoff',
    says: 'The destination is out of resources.',
    do: 'Nothing is lost; free space in the archive.',
  },
  'store-unclear': {
    class: 'store',
    retry: 'backoff',
    says: 'It is not known whether the destination stored the object.',
    do: 'Nothing: it is looked for before it is sent again.',
  },
  'study-not-there': {
    class: 'store',
    retry: 'wait',
    says: 'The destination does not have the study yet.',
    do: 'Nothing if the study is still being sent.',
  },
  'read-back-missing': {
    class: 'store',
    retry: 'backoff',
    says: 'The destination said stored, but does not give the object back.',
    do: 'Nothing is lost; it is looked for and sent again. Look at the log of the archive if it stays.',
  },
  'read-back-differs': {
    class: 'store',
    retry: 'never',
    says: 'What the destination returns is not what was sent.',
    do: 'Do not use this object; ask the vendor of the archive.',
  },
  'read-back-identity-differs': {
    class: 'store',
    retry: 'never',
    says: 'The stored object names another patient or study than the image it belongs to.',
    do: 'Have the archive checked at once.',
  },
  'destination-renumbers': {
    class: 'store',
    retry: 'never',
    says: 'The destination stored the object under other identifiers than those it was sent with.',
    do: 'Let the archive keep identifiers; nothing else is stored there until someone resumes it.',
  },
  'destination-unknown': {
    class: 'store',
    retry: 'never',
    says: 'The destination of the object is no longer in the configuration.',
    do: 'Add it again, or leave the object held.',
  },
  'source-paused': {
    class: 'archive',
    retry: 'backoff',
    says: 'The source of the report is paused.',
    do: 'Resume it.',
  },
  'destination-paused': {
    class: 'store',
    retry: 'backoff',
    says: 'The destination is paused.',
    do: 'Resume it.',
  },
  'segmentation-self-check': {
    class: 'store',
    retry: 'never',
    says: 'The segmentation object failed its own check before it was sent.',
    do: 'Report it; nothing was sent.',
  },
  'document-self-check': {
    class: 'store',
    retry: 'never',
    says: 'The result report or rejection note failed its own check before it was sent.',
    do: 'Report it; it was not sent.',
  },
} as const satisfies Record<string, Reason>;

export type ReasonCode = keyof typeof REASONS;

export const isReasonCode = (text: string): text is ReasonCode => Object.hasOwn(REASONS, text);

export const reasonOf = (code: ReasonCode): Reason => REASONS[code];
