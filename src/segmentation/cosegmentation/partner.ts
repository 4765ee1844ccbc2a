import { never } from '../../domain/index.js';
import type { PartnerRule } from './network.js';

/**
 * In training two lesions of one cluster are segmented together, each one's features gated by a vector of the other's. A gate depends on the
 * partner alone, so gates of real lesions are shipped, some for each cluster: a lesion's mask never depends on which others are in the queue.
 */
export interface PartnerGates {
  readonly shape: GateShape;
  /** clusters x embeddingLength, of unit length each. */
  readonly centres: Float32Array;
  /** clusters x partnersPerCluster x gateLength. */
  readonly gates: Float32Array;
  /** Mean gate over training. */
  readonly neutral: Float32Array;
}

export interface GateShape {
  readonly clusters: number;
  readonly partnersPerCluster: number;
  readonly gateLength: number;
  readonly embeddingLength: number;
}

/** How many numbers a file of gates has. */
export const gateNumbers = ({ clusters, partnersPerCluster, gateLength, embeddingLength }: GateShape): number =>
  clusters * embeddingLength + clusters * partnersPerCluster * gateLength + gateLength;

/** Throws RangeError where the numbers are not as many as the shape says. */
export function partnerGates(numbers: Float32Array, shape: GateShape): PartnerGates {
  if (numbers.length !== gateNumbers(shape)) throw new RangeError('the gates are of another shape');
  const afterCentres = shape.clusters * shape.embeddingLength;
  const afterGates = numbers.length - shape.gateLength;
  return {
    shape,
    centres: numbers.subarray(0, afterCentres),
    gates: numbers.subarray(afterCentres, afterGates),
    neutral: numbers.subarray(afterGates),
  };
}

/** The cluster whose centre is nearest to the embedding, brought to unit length; of equally near ones the first. Undefined where there is none. */
export function clusterOf(embedding: Float32Array, { shape, centres }: PartnerGates): number | undefined {
  const length = Math.sqrt(embedding.reduce((sum, value) => sum + value * value, 0));
  let nearest: number | undefined;
  let least = Infinity;
  for (let cluster = 0; cluster < shape.clusters; cluster++) {
    let square = 0;
    for (let i = 0; i < shape.embeddingLength; i++) {
      const unit = length > 0 ? embedding[i]! / length : 0;
      square += (unit - centres[cluster * shape.embeddingLength + i]!) ** 2;
    }
    if (square < least) [nearest, least] = [cluster, square];
  }
  return nearest;
}

/**
 * The vectors that a lesion is gated by: one, or with `prototype-each` one for each shipped partner, whose probabilities are averaged.
 * A rule that asks for a cluster throws RangeError where there is none.
 */
export function partnersOf(
  rule: PartnerRule,
  ownGate: Float32Array,
  cluster: number | undefined,
  gates: PartnerGates,
): readonly Float32Array[] {
  switch (rule) {
    case 'prototype-mean':
      return [meanOf(ofCluster(cluster, gates))];
    case 'prototype-each':
      return ofCluster(cluster, gates);
    case 'self':
      return [ownGate];
    case 'none':
      return [new Float32Array(gates.shape.gateLength).fill(1)];
    case 'neutral':
      return [gates.neutral];
    default:
      return never(rule);
  }
}

function ofCluster(cluster: number | undefined, { shape, gates }: PartnerGates): readonly Float32Array[] {
  if (cluster === undefined) throw new RangeError('without clusters there are no partners');
  const { partnersPerCluster, gateLength } = shape;
  return Array.from({ length: partnersPerCluster }, (_, k) => {
    const start = (cluster * partnersPerCluster + k) * gateLength;
    return gates.subarray(start, start + gateLength);
  });
}

const meanOf = (vectors: readonly Float32Array[]): Float32Array =>
  Float32Array.from(vectors[0]!, (_, i) => vectors.reduce((sum, vector) => sum + vector[i]!, 0) / vectors.length);
