import type { Branded, MethodName } from '../domain/index.js';

type PlainMethod = Extract<MethodName, 'ellipse' | 'superellipse' | 'grabcut-paper' | 'grabcut'>;

/** How kernels segment lesions, and whether a dense CRF follows. */
type KernelMethod = PlainMethod | `${PlainMethod}+crf`;

/** A bundle by its name, by itself or with a dense CRF after it. */
type BundleMethod = Branded<string, 'bundle method'>;

/** What is compared. */
export type EvaluatedMethod = KernelMethod | BundleMethod;

/** What the kernels are asked for, in the order in which tables have the methods. */
const KERNELS_OF = {
  ellipse: { method: 'ellipse', refinement: 'none' },
  'ellipse+crf': { method: 'ellipse', refinement: 'crf' },
  superellipse: { method: 'superellipse', refinement: 'none' },
  'superellipse+crf': { method: 'superellipse', refinement: 'crf' },
  'grabcut-paper': { method: 'grabcut-paper', refinement: 'none' },
  'grabcut-paper+crf': { method: 'grabcut-paper', refinement: 'crf' },
  grabcut: { method: 'grabcut', refinement: 'none' },
  'grabcut+crf': { method: 'grabcut', refinement: 'crf' },
} as const satisfies Record<KernelMethod, { method: PlainMethod; refinement: 'none' | 'crf' }>;

export const KERNEL_METHODS: readonly KernelMethod[] = Object.keys(KERNELS_OF).filter(isKernelMethod);

export function isKernelMethod(name: string): name is KernelMethod {
  return Object.hasOwn(KERNELS_OF, name);
}

/** A method by what was typed: one of the kernels', else a bundle's. */
export const evaluatedMethod = (name: string): EvaluatedMethod =>
  isKernelMethod(name) ? name : (name as BundleMethod);

/** What a method asks for: kernels, or a bundle by its name. */
export type AskedOf =
  | { readonly of: 'kernels'; readonly method: PlainMethod; readonly refinement: 'none' | 'crf' }
  | { readonly of: 'bundle'; readonly name: string; readonly refinement: 'none' | 'crf' };

const CRF = '+crf';

export function askedOf(method: EvaluatedMethod): AskedOf {
  if (isKernelMethod(method)) return { of: 'kernels', ...KERNELS_OF[method] };
  return method.endsWith(CRF)
    ? { of: 'bundle', name: method.slice(0, -CRF.length), refinement: 'crf' }
    : { of: 'bundle', name: method, refinement: 'none' };
}
