import type { MethodName } from '../domain/index.js';

type PlainMethod = Extract<MethodName, 'ellipse' | 'superellipse' | 'grabcut-paper' | 'grabcut'>;

/** What is compared: how lesions are segmented, and whether a dense CRF follows. */
export type EvaluatedMethod = PlainMethod | `${PlainMethod}+crf`;

/** What the kernels are asked for, in the order in which tables have the methods. */
export const KERNELS_OF = {
  ellipse: { method: 'ellipse', refinement: 'none' },
  'ellipse+crf': { method: 'ellipse', refinement: 'crf' },
  superellipse: { method: 'superellipse', refinement: 'none' },
  'superellipse+crf': { method: 'superellipse', refinement: 'crf' },
  'grabcut-paper': { method: 'grabcut-paper', refinement: 'none' },
  'grabcut-paper+crf': { method: 'grabcut-paper', refinement: 'crf' },
  grabcut: { method: 'grabcut', refinement: 'none' },
  'grabcut+crf': { method: 'grabcut', refinement: 'crf' },
} as const satisfies Record<EvaluatedMethod, { method: PlainMethod; refinement: 'none' | 'crf' }>;

export const EVALUATED_METHODS: readonly EvaluatedMethod[] = Object.keys(KERNELS_OF).filter(isEvaluatedMethod);

export function isEvaluatedMethod(name: string): name is EvaluatedMethod {
  return Object.hasOwn(KERNELS_OF, name);
}
