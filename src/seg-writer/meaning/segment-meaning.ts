import type { CodedConcept, Measurement } from '../../domain/index.js';
import { warning } from '../warnings.js';
import {
  FINDING_SYNONYMS,
  FINDING_TYPES,
  isLymphNode,
  isPlain,
  LATERALITIES,
  LESION,
  MORPHOLOGICALLY_ABNORMAL_STRUCTURE,
  writableCode,
} from './concepts.js';

/** What a segment is, in codes (PS3.3 C.8.20.4.1). */
export interface SegmentMeaning {
  readonly category: CodedConcept;
  readonly type: CodedConcept;
  readonly anatomicRegion: CodedConcept | undefined;
  /** Of the region; of the type where there is no region. */
  readonly laterality: CodedConcept | undefined;
  /** Codes of the report that stand in no attribute as they came, for the segment's description: value and scheme, never their text. */
  readonly asReported: readonly string[];
  readonly warnings: readonly string[];
}

/** From the report's finding, finding site and laterality. Free text never becomes a code. */
export function segmentMeaningOf(measurement: Measurement): SegmentMeaning {
  const finding = measurement.finding && writableCode(measurement.finding);
  const site = measurement.findingSite && writableCode(measurement.findingSite);
  const laterality = measurement.laterality && writableCode(measurement.laterality);
  const type = finding && typeOf(finding);
  const side = laterality?.scheme === 'SCT' ? LATERALITIES.get(laterality.value) : undefined;
  const node = finding && isLymphNode(finding) ? finding : undefined;
  const anatomicRegion = node && !(site && isLymphNode(site)) ? node : site;

  const asReported: string[] = [];
  const note = (word: string, came: CodedConcept | undefined, written: CodedConcept | undefined): void => {
    if (came && came.value !== written?.value && isPlain(came.value) && isPlain(came.scheme))
      asReported.push(`${word} ${came.value.slice(0, 64)} ${came.scheme.slice(0, 16)}`);
  };
  note('finding', measurement.finding, node ?? type);
  note('site', measurement.findingSite, anatomicRegion);
  note('laterality', measurement.laterality, side);

  return {
    category: MORPHOLOGICALLY_ABNORMAL_STRUCTURE,
    type: type ?? LESION,
    anatomicRegion,
    laterality: side,
    asReported,
    warnings: [
      ...(measurement.finding && !type && !node ? [warning('meaning.finding-not-coded')] : []),
      ...(measurement.findingSite && !site ? [warning('meaning.site-dropped')] : []),
      ...(measurement.laterality && !side ? [warning('meaning.laterality-dropped')] : []),
    ],
  };
}

function typeOf(finding: CodedConcept): CodedConcept | undefined {
  if (finding.scheme !== 'SCT') return undefined;
  return FINDING_TYPES.get(FINDING_SYNONYMS.get(finding.value) ?? finding.value);
}
