import { code, type CodedConcept, type MethodName } from '../../domain/index.js';

export interface MethodWords {
  /** SegmentAlgorithmName and AlgorithmName. */
  readonly algorithmName: string;
  /** CID 7162. */
  readonly family: CodedConcept;
  readonly words: string;
}

const NEIGHBORHOOD = code('123101', 'DCM', 'Neighborhood Analysis');
const MANUAL = code('123109', 'DCM', 'Manual Processing');

/** How a method is named in an object. A shape between marks is the reader's own drawing, filled. */
export const METHODS: Readonly<Record<MethodName, MethodWords>> = {
  grabcut: { algorithmName: 'caliper-grabcut', family: NEIGHBORHOOD, words: 'GrabCut' },
  'grabcut-paper': { algorithmName: 'caliper-grabcut-paper', family: NEIGHBORHOOD, words: 'GrabCut as published' },
  superellipse: { algorithmName: 'caliper-superellipse', family: MANUAL, words: 'superellipse' },
  ellipse: { algorithmName: 'caliper-ellipse', family: MANUAL, words: 'ellipse' },
  cosegmentation: {
    algorithmName: 'caliper-coseg',
    family: code('123110', 'DCM', 'Artificial Intelligence'),
    words: 'co-segmentation',
  },
};
