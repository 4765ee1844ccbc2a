/** What the inference child process is told and tells. */
export type ToInferenceChild = { readonly kind: 'probe'; readonly providers: readonly Provider[] };

export type Provider = 'cuda' | 'cpu';

export type FromInferenceChild =
  | { readonly kind: 'works'; readonly version: string; readonly provider: Provider; readonly because: string }
  | { readonly kind: 'fails'; readonly version: string | undefined; readonly because: string };
