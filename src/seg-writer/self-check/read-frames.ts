import { changedElements } from '../../dicom/index.js';
import { TAG, type DataSet, type Tag } from '../../domain/index.js';

/** One frame as its functional groups describe it; what is absent is undefined or empty. */
export interface ReadFrame {
  /** Counted from 1. */
  readonly number: number;
  readonly segmentNumber: number | undefined;
  readonly position: readonly string[];
  /** The position as numbers. */
  readonly place: readonly number[];
  /** The position as numbers, so that two ways of writing one place are one. */
  readonly positionKey: string;
  readonly orientation: readonly number[];
  readonly measures: DataSet | undefined;
  readonly indices: readonly number[];
  /** Items of DerivationImageSequence and of their SourceImageSequence. */
  readonly derivations: readonly DataSet[];
  readonly sources: readonly ReadSourceReference[];
  readonly group: DataSet;
  /** The group of the first frame known to have the same elements in the same places: what it has, this one has. */
  readonly shape: DataSet;
}

export interface ReadSourceReference {
  readonly sopClassUID: string | undefined;
  readonly sopInstanceUID: string | undefined;
  readonly frame: number | undefined;
  readonly item: DataSet;
}

/** Frames as the items of PerFrameFunctionalGroupsSequence and the shared groups describe them. */
export function readFrames(groups: readonly DataSet[], shared: DataSet | undefined): readonly ReadFrame[] {
  const ofAll = new Map<Tag, readonly DataSet[]>(
    IN_SHARED.map((macro) => [macro, shared?.items(macro) ?? []] as const),
  );
  const sharedOrientation = ofAll.get(TAG.PlaneOrientationSequence)![0]?.numbers(TAG.ImageOrientationPatient) ?? [];
  let model: Model | undefined;
  return groups.map((group, index) => {
    const alike = model && readAlike(group, index + 1, model);
    if (alike) return alike;
    const frame = readFrame(group, index + 1, ofAll, sharedOrientation);
    model = { frame, apart: apartIn(group) };
    return frame;
  });
}

/** Groups that a frame may share with all others. */
const IN_SHARED: readonly Tag[] = [
  TAG.DerivationImageSequence,
  TAG.SegmentIdentificationSequence,
  TAG.PlanePositionSequence,
  TAG.PlaneOrientationSequence,
  TAG.PixelMeasuresSequence,
];

function readFrame(
  group: DataSet,
  number: number,
  ofAll: ReadonlyMap<Tag, readonly DataSet[]>,
  sharedOrientation: readonly number[],
): ReadFrame {
  const itemsOf = (macro: Tag): readonly DataSet[] => (group.has(macro) ? group.items(macro) : ofAll.get(macro)!);
  const derivations = itemsOf(TAG.DerivationImageSequence);
  return {
    number,
    segmentNumber: itemsOf(TAG.SegmentIdentificationSequence)[0]?.number(TAG.ReferencedSegmentNumber),
    ...positioned(itemsOf(TAG.PlanePositionSequence)[0]?.texts(TAG.ImagePositionPatient) ?? []),
    orientation: group.has(TAG.PlaneOrientationSequence)
      ? (group.items(TAG.PlaneOrientationSequence)[0]?.numbers(TAG.ImageOrientationPatient) ?? [])
      : sharedOrientation,
    measures: itemsOf(TAG.PixelMeasuresSequence)[0],
    indices: group.items(TAG.FrameContentSequence)[0]?.numbers(TAG.DimensionIndexValues) ?? [],
    derivations,
    sources: derivations.flatMap((derivation) => derivation.items(TAG.SourceImageSequence).map(readReference)),
    group,
    shape: group,
  };
}

const readReference = (item: DataSet): ReadSourceReference => ({
  sopClassUID: item.text(TAG.ReferencedSOPClassUID),
  sopInstanceUID: item.text(TAG.ReferencedSOPInstanceUID),
  frame: item.number(TAG.ReferencedFrameNumber),
  item,
});

function positioned(position: readonly string[]): Pick<ReadFrame, 'position' | 'place' | 'positionKey'> {
  const place = position.map(Number);
  return { position, place, positionKey: place.join('\\') };
}

/** A frame that was read, and what may differ in a group that is read by it. */
interface Model {
  readonly frame: ReadFrame;
  readonly apart: ReadonlySet<Tag>;
}

/** What differs from frame to frame as a rule, and where it stands in a group. */
const APART: readonly (readonly [Tag, ...(readonly Tag[])])[] = [
  [TAG.DimensionIndexValues, TAG.FrameContentSequence],
  [TAG.ImagePositionPatient, TAG.PlanePositionSequence],
  [TAG.ReferencedSegmentNumber, TAG.SegmentIdentificationSequence],
  [TAG.ReferencedSOPInstanceUID, TAG.DerivationImageSequence, TAG.SourceImageSequence],
  [TAG.ReferencedFrameNumber, TAG.DerivationImageSequence, TAG.SourceImageSequence],
];

/** Of these the ones that the group has where they belong and nowhere else. */
function apartIn(group: DataSet): ReadonlySet<Tag> {
  const counts = new Map<Tag, number>();
  countTags(group, counts);
  return new Set(
    APART.flatMap(([tag, ...path]) => {
      const holder = path.reduce<DataSet | undefined>((item, sequence) => item?.items(sequence)[0], group);
      return holder?.has(tag) === true && counts.get(tag) === 1 ? [tag] : [];
    }),
  );
}

function countTags(elements: DataSet, counts: Map<Tag, number>): void {
  for (const tag of elements.tags()) {
    counts.set(tag, (counts.get(tag) ?? 0) + 1);
    for (const item of elements.items(tag)) countTags(item, counts);
  }
}

/** A frame whose group repeats that of another one but for what differs as a rule; undefined where more differs. */
function readAlike(group: DataSet, number: number, { frame, apart }: Model): ReadFrame | undefined {
  const changed = changedElements(group, frame.group);
  if (!changed) return undefined;
  let { segmentNumber, position, place, positionKey, indices, sources } = frame;
  for (const element of changed) {
    const [tag] = element.tags();
    if (tag === undefined || !apart.has(tag)) return undefined;
    if (tag === TAG.DimensionIndexValues) indices = element.numbers(tag);
    else if (tag === TAG.ImagePositionPatient) ({ position, place, positionKey } = positioned(element.texts(tag)));
    else if (tag === TAG.ReferencedSegmentNumber) segmentNumber = element.number(tag);
    else {
      const [reference] = sources;
      if (!reference || sources.length > 1) return undefined;
      const { sopClassUID, sopInstanceUID, item } = reference;
      sources =
        tag === TAG.ReferencedSOPInstanceUID
          ? [{ sopClassUID, sopInstanceUID: element.text(tag), frame: reference.frame, item }]
          : [{ sopClassUID, sopInstanceUID, frame: element.number(tag), item }];
    }
  }
  const { orientation, measures, derivations, shape } = frame;
  return {
    number,
    segmentNumber,
    position,
    place,
    positionKey,
    orientation,
    measures,
    indices,
    derivations,
    sources,
    group,
    shape,
  };
}
