/** What the inference child process is told and tells: one answer a message, in order. */
export type ToInferenceChild =
  | { readonly kind: 'probe'; readonly providers: readonly Provider[] }
  | {
      readonly kind: 'load';
      readonly folder: string;
      /** Of the manifest: the bundle must be the one that was loaded before. */
      readonly sha256: string;
      /** Tried in this order. */
      readonly providers: readonly Provider[];
      readonly threads: number;
    }
  /** `patches` follow one another in one array. */
  | { readonly kind: 'run'; readonly patches: Float32Array; readonly count: number };

/** Where a network runs, as ONNX Runtime names it. */
export type Provider = 'cuda' | 'cpu';

export type FromInferenceChild =
  | { readonly kind: 'works'; readonly version: string; readonly provider: Provider; readonly because: string }
  | { readonly kind: 'fails'; readonly version: string | undefined; readonly because: string }
  /** The bundle is loaded and has computed something. */
  | {
      readonly kind: 'ready';
      readonly version: string;
      readonly provider: Provider;
      readonly because: string;
    }
  | {
      readonly kind: 'not-ready';
      readonly reason: 'bundle-unavailable' | 'device-unavailable' | 'inference-failed';
      readonly because: string;
    }
  | { readonly kind: 'ran'; readonly answers: readonly NetworkAnswer[] }
  | { readonly kind: 'not-run'; readonly because: string };

/** What the network says of one patch. */
export interface NetworkAnswer {
  /** size x size, averaged over mirror images and partners. */
  readonly probability: Float32Array;
  /** The cluster of the lesion; undefined where the bundle has none. */
  readonly cluster: number | undefined;
  readonly gate: Float32Array;
  readonly embedding: Float32Array;
  /** What the lesion was gated by; the first where there are several. */
  readonly partner: Float32Array;
  readonly tookMs: number;
}
