/** Expected failures are values. `if (!r.ok) return r;` is all the machinery there is. */
export type Result<T, E> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: E };

export const ok = <T>(value: T): { readonly ok: true; readonly value: T } => ({ ok: true, value });
export const fail = <E>(error: E): { readonly ok: false; readonly error: E } => ({
  ok: false,
  error,
});

/** The end of a total `switch`: compiles only when every case was handled. */
export function never(x: never): never {
  throw new Error(`unreachable: ${JSON.stringify(x)}`);
}
