/** Units and counts as types. What the brand guards is passing and storing: a computed value is re-branded where its unit is known. */
declare const brand: unique symbol;
/** A brand is a key rather than a value, so that a type may carry several (a SOPInstanceUID is a UID). */
export type Branded<T, B extends string> = T & { readonly [brand]: { readonly [K in B]: true } };

export type Mm = Branded<number, 'mm'>;
export type Mm2 = Branded<number, 'mm2'>;
export type Px = Branded<number, 'px'>;
export type Hu = Branded<number, 'HU'>;
export type Ms = Branded<number, 'ms'>;
/** How well a mask re-measures as the marks say, 0 to 1. */
export type Agreement = Branded<number, 'agreement'>;

export const mm = (n: number): Mm => n as Mm;
export const mm2 = (n: number): Mm2 => n as Mm2;
export const px = (n: number): Px => n as Px;
export const ms = (n: number): Ms => n as Ms;
export const agreement = (n: number): Agreement => n as Agreement;
