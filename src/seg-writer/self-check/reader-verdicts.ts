import type { SegmentationProblem } from './problems.js';
import { EFFECT_ROWS, EFFECTS, READERS, type Effect, type Reader, type Scope } from './reader-effects.js';
import type { ReferenceViewer } from './reference-viewers.js';

/** What a reader makes of an object, and the problems that make it so. */
export interface ReaderVerdict {
  readonly reader: Reader;
  readonly name: string;
  /** `shows` where nothing is known that would keep it from showing the object rightly; `not-judged` where frames lie in no patient geometry. */
  readonly does: Effect | 'shows' | 'not-judged';
  readonly because: readonly SegmentationProblem[];
}

export interface VerdictInput {
  readonly problems: readonly SegmentationProblem[];
  /** Frames that a viewer skips or misplaces. */
  readonly viewers: ReadonlyMap<ReferenceViewer, readonly SegmentationProblem[]>;
  readonly frames: number;
  readonly segments: number;
}

export function readerVerdicts(input: VerdictInput): readonly ReaderVerdict[] {
  const readers = Object.keys(READERS) as readonly Reader[];
  const outside = input.problems.filter(({ code }) => code === 'no-plane-geometry');
  if (outside.length > 0)
    return readers.map((reader) => ({ reader, name: READERS[reader].name, does: 'not-judged', because: outside }));
  const causes = new Map<Reader, Cause[]>(readers.map((reader) => [reader, []]));
  for (const group of groupsOf(input.problems)) {
    const effects = effectsOf(group, input);
    for (const reader of readers) {
      const effect = effects[reader];
      if (effect !== undefined) causes.get(reader)!.push({ effect, problem: group[0]! });
    }
  }
  for (const [viewer, problems] of input.viewers)
    for (const group of groupsOf(problems)) {
      const skipped = group[0]!.code === 'slice-not-found' && group.length === input.frames;
      causes.get(viewer)!.push({ effect: skipped ? 'nothing' : 'wrong', problem: group[0]! });
    }
  // the viewer around the adapter does what the adapter does
  causes.get('ohif')!.push(...causes.get('cornerstone3d')!);
  return readers.map((reader) => verdictOf(reader, causes.get(reader)!));
}

interface Cause {
  readonly effect: Effect;
  readonly problem: SegmentationProblem;
}

function verdictOf(reader: Reader, causes: readonly Cause[]): ReaderVerdict {
  const { name } = READERS[reader];
  const worst = EFFECTS.find((effect) => causes.some((cause) => cause.effect === effect));
  if (worst === undefined) return { reader, name, does: 'shows', because: [] };
  return {
    reader,
    name,
    does: worst,
    because: causes.filter(({ effect }) => effect === worst).map(({ problem }) => problem),
  };
}

/** The same problem at several places is one. */
function groupsOf(problems: readonly SegmentationProblem[]): readonly (readonly SegmentationProblem[])[] {
  const groups = new Map<string, SegmentationProblem[]>();
  for (const problem of problems) {
    const key = `${problem.code} ${problem.attribute ?? ''}`;
    const group = groups.get(key);
    if (group) group.push(problem);
    else groups.set(key, [problem]);
  }
  return [...groups.values()];
}

function effectsOf(
  group: readonly SegmentationProblem[],
  { frames, segments }: VerdictInput,
): Partial<Record<Reader, Effect>> {
  const { code, attribute, frame, segment } = group[0]!;
  const whole = frame !== undefined ? frames : segment !== undefined ? segments : 1;
  const scope: Scope = group.length >= whole ? 'all' : 'some';
  return Object.assign(
    {},
    ...EFFECT_ROWS.filter(
      (row) =>
        row.code === code &&
        (row.attribute === undefined || row.attribute === attribute) &&
        (row.scope === undefined || row.scope === scope),
    ).map(({ effects }) => effects),
  ) as Partial<Record<Reader, Effect>>;
}
