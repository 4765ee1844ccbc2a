/**
 * Annotation and Image Markup: AIM 3 as XML (NCI AIM Toolkit), AIM 4 as XML and as JSON (ePAD). Files of their own beside the archive, and the
 * same measurements come of them as of the reports that the AIM Toolkit writes.
 */
import {
  asReadUid,
  isUid,
  type ReadReport,
  type ReasonCode,
  type ReferencedInstance,
  type Skipped,
  type SopInstanceUid,
  type StudyInstanceUid,
} from '../../../domain/index.js';
import { lesionRoleOf } from '../../meaning.js';
import { measurementsOf } from '../../measurement-of.js';
import type { DrawnAxis, Reading } from '../../shapes/reading.js';
import { pairSingleLengths } from '../../shapes/single-lengths.js';
import { childNamed, ELEMENT_LIMITS, elementsAt, elementsNamed, type Element } from '../element.js';
import { readXml } from '../xml/read-xml.js';
import {
  codesOf,
  lengthsOf,
  linesOf,
  rootOf,
  statementsOf,
  valueOf,
  type AimLength,
  type AimLine,
} from './annotation.js';
import { readJson } from './read-json.js';

const MOST_ANNOTATIONS = 2_000;

/** Total: bytes that are no AIM document give a report that says so. */
export function readAim(bytes: Uint8Array): ReadReport {
  const root = aimDocument(bytes);
  const annotations = root ? elementsNamed(root, 'ImageAnnotation').slice(0, MOST_ANNOTATIONS) : [];
  if (!root || annotations.length === 0) return notRead(root ? 'no-measurements' : 'data-set-invalid');
  const readings: Reading[] = [];
  const skipped: Skipped[] = [];
  const evidence = evidenceOf(root);
  const images = new Map(evidence.map((e) => [e.sopInstanceUID as string, e.sopClassUID as string | undefined]));
  for (const [i, annotation] of annotations.entries()) {
    const where = `1.${i + 1}`;
    const found = readAnnotation(annotation, where, images);
    readings.push(...found);
    if (found.length === 0) skipped.push({ reason: 'no-marks', where });
  }
  return {
    ...headerOf(root, annotations[0]!, evidence),
    kind: 'aim',
    measurements: measurementsOf(pairSingleLengths(readings)),
    skipped,
    findings: [],
    evidence,
  };
}

/** The elements of an AIM file, XML or JSON; undefined where it is neither, or too large. */
export function aimDocument(bytes: Uint8Array): Element | undefined {
  if (bytes.length > ELEMENT_LIMITS.bytes) return undefined;
  const first = /[^\s\u00ef\u00bb\u00bf]/.exec(Buffer.from(bytes.subarray(0, 1024)).toString('latin1'))?.[0];
  const read = first === '<' ? readXml(bytes) : readJson(bytes);
  return read.ok ? read.value : undefined;
}

function readAnnotation(
  annotation: Element,
  where: string,
  images: ReadonlyMap<string, string | undefined>,
): readonly Reading[] {
  const lines = linesOf(annotation, images);
  const lengths = lengthsOf(annotation);
  const base = meaningOf(annotation, where);
  const long = lengths.find(({ stated }) => stated.role === 'long-axis');
  const short = lengths.find(({ stated }) => stated.role === 'short-axis');
  const links = linksOf(annotation, lengths);
  if (long ?? short) {
    const axes = { long: axisOf(long, lines, links), short: axisOf(short, lines, links) };
    return [axes.long, axes.short].some((axis) => axis !== undefined) ? [{ ...base, ...axes }] : [];
  }
  // Without a length of its own a line may be an arrow; with one it is what was measured.
  if (lengths.length === 0) return [];
  return lines.map(({ uid, line }): Reading => {
    const own = lengths.filter((length) => uid !== undefined && links.get(length) === uid);
    const only = lines.length === 1 ? lengths : [];
    const number = (own.length > 0 ? own : only).map(({ stated }) => stated)[0];
    return { ...base, single: { number, lines: [line] } };
  });
}

/** The markup that each length was calculated on. ePAD gives every calculation the identifier `0`, which says nothing. */
function linksOf(annotation: Element, lengths: readonly AimLength[]): ReadonlyMap<AimLength, string> {
  const links = new Map<AimLength, string>();
  const statements = statementsOf(annotation);
  for (const length of lengths) {
    const isUnique = lengths.filter(({ uid }) => uid === length.uid).length === 1;
    const object = isUnique ? statements.find(({ subject }) => subject === length.uid)?.object : undefined;
    if (object !== undefined) links.set(length, object);
  }
  return links;
}

/** A long or short axis with the line it is linked to; without a link, the only line or none. */
function axisOf(
  length: AimLength | undefined,
  lines: readonly AimLine[],
  links: ReadonlyMap<AimLength, string>,
): DrawnAxis | undefined {
  if (!length) return undefined;
  const linked = lines.filter(({ uid }) => uid !== undefined && uid === links.get(length));
  const line = linked[0] ?? (lines.length === 1 && !links.has(length) ? lines[0] : undefined);
  return { number: length.stated, lines: line ? [line.line] : [] };
}

function meaningOf(annotation: Element, where: string): Reading {
  const site =
    elementsAt(annotation, 'imagingPhysicalEntityCollection', 'ImagingPhysicalEntity').find(
      (entity) => valueOf(entity, 'label') === 'Location',
    ) ?? elementsAt(annotation, 'anatomicEntityCollection', 'AnatomicEntity')[0];
  const roles = [
    ...codesOf(annotation),
    ...elementsNamed(annotation, 'ImagingObservationCharacteristic').flatMap(codesOf),
  ].map(lesionRoleOf);
  // AIM 3 has one identifier, the annotation's, which the toolkit writes as the tracking UID of its reports.
  const trackingUID = rootOf(annotation, 'trackingUniqueIdentifier') ?? annotation.attributes.get('uniqueIdentifier');
  return {
    where,
    run: undefined,
    trackingUID,
    trackingIdentifier: valueOf(annotation, 'name')?.split('~')[0],
    finding: undefined,
    findingSite: site && codesOf(site)[0],
    laterality: undefined,
    lesionRole: roles.find((role) => role !== undefined),
    timePoint: undefined,
    letters: [],
    long: undefined,
    short: undefined,
    single: undefined,
    images: [],
    hasDanglingReference: false,
    originUnknown: true,
  };
}

/** Studies, series and images that the annotations refer to. */
function evidenceOf(root: Element): readonly ReferencedInstance[] {
  const found = new Map<string, ReferencedInstance>();
  for (const study of [...elementsNamed(root, 'ImageStudy'), ...elementsNamed(root, 'ImageReferenceEntity')]) {
    // AIM 3 wraps the element in one of the same name in lower case; AIM 4 has only the latter.
    const at = study.name === 'ImageStudy' ? study : childNamed(study, 'imageStudy');
    if (!at) continue;
    const studyUID = rootOf(at, 'instanceUid') ?? at.attributes.get('instanceUID');
    for (const series of [...elementsAt(at, 'imageSeries', 'ImageSeries'), ...elementsAt(at, 'imageSeries')]) {
      const seriesUID = rootOf(series, 'instanceUid') ?? series.attributes.get('instanceUID');
      for (const image of elementsAt(series, 'imageCollection', 'Image')) {
        const uid = rootOf(image, 'sopInstanceUid') ?? image.attributes.get('sopInstanceUID');
        const sopClass = rootOf(image, 'sopClassUid') ?? image.attributes.get('sopClassUID');
        if (uid === undefined || uid === '') continue;
        found.set(uid, {
          sopClassUID: sopClass ? asReadUid(sopClass) : undefined,
          sopInstanceUID: asReadUid(uid),
          seriesInstanceUID: seriesUID ? asReadUid(seriesUID) : undefined,
          studyInstanceUID: studyUID ? asReadUid(studyUID) : undefined,
        });
      }
    }
  }
  return [...found.values()];
}

/** Annotations are no DICOM instances: their own identifier stands for the report, and no class or series says that it can be referred to. */
function headerOf(root: Element, annotation: Element, evidence: readonly ReferencedInstance[]): ReadReport {
  const collection = elementsNamed(root, 'ImageAnnotationCollection')[0] ?? annotation;
  const uid = rootOf(collection, 'uniqueIdentifier') ?? rootOf(annotation, 'uniqueIdentifier');
  const study = rootOf(collection, 'studyInstanceUid') ?? evidence[0]?.studyInstanceUID;
  const user = childNamed(collection, 'user');
  const person = childNamed(collection, 'person');
  const observer = elementsAt(collection, 'user', 'User')[0] ?? user;
  const patient = elementsAt(collection, 'person', 'Person')[0] ?? person;
  return {
    ...notRead('no-measurements'),
    sopInstanceUID: uid !== undefined && isUid(uid) ? asReadUid<SopInstanceUid>(uid) : undefined,
    studyInstanceUID: study === undefined ? undefined : asReadUid<StudyInstanceUid>(study),
    patientID: valueOf(patient, 'id'),
    contentDateTime: (valueOf(collection, 'dateTime') ?? valueOf(annotation, 'dateTime'))?.replace(/\D/g, ''),
    observer: valueOf(observer, 'name') ?? valueOf(observer, 'loginName'),
  };
}

const notRead = (reason: ReasonCode): ReadReport => ({
  kind: 'aim',
  sopClassUID: undefined,
  sopInstanceUID: undefined,
  seriesInstanceUID: undefined,
  studyInstanceUID: undefined,
  seriesNumber: undefined,
  patientID: undefined,
  contentDateTime: undefined,
  observer: undefined,
  predecessors: [],
  identicalDocuments: [],
  measurements: [],
  skipped: [{ reason, where: '1' }],
  findings: [],
  evidence: [],
});
