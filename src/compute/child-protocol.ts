/** What the inference child process is told and tells: one answer a message, in order. */
export type ToInferenceChild = { readonly kind: 'probe'; readonly providers: readonly Provider[] };

/** Where a network runs, as ONNX Runtime names it. */
export type Provider = 'cuda' | 'cpu';

export type FromInferenceChild =
  | { readonly kind: 'works'; readonly version: string; readonly provider: Provider; readonly because: string }
  | { readonly kind: 'fails'; readonly version: string | undefined; readonly because: string };
