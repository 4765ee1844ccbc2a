import { takes, type MediaRange } from '../media-types.js';

/** `multipart` or `single`: how the body is wrapped; `range`: the element of Accept that takes it. */
export interface AcceptedForm {
  readonly form: 'multipart' | 'single';
  readonly syntax: RequestedSyntax;
}

/** `unnamed`: a type without its transfer-syntax parameter; `any`: `*`, or a range so wide that it names no type at all. */
export type RequestedSyntax = { readonly kind: 'unnamed' | 'any' } | { readonly kind: 'named'; readonly uid: string };

/**
 * The ways in which a media type of DICOM may be sent for one element of Accept (PS3.18 8.7.3.3): as the parts of multipart/related whose type
 * parameter names it, or alone.
 */
export function acceptedForms(range: MediaRange, mediaType: string): readonly AcceptedForm[] {
  const inner = range.parameters.get('type');
  if (takes(range.type, 'multipart/related')) {
    if (inner !== undefined && !takes(inner.toLowerCase(), mediaType)) return [];
    const syntax = inner === undefined && !range.parameters.has('transfer-syntax') ? ANY : syntaxOf(range);
    return [{ form: 'multipart', syntax }];
  }
  return takes(range.type, mediaType) ? [{ form: 'single', syntax: syntaxOf(range) }] : [];
}

const ANY: RequestedSyntax = { kind: 'any' };

function syntaxOf(range: MediaRange): RequestedSyntax {
  const uid = range.parameters.get('transfer-syntax');
  if (uid === undefined) return { kind: 'unnamed' };
  return uid === '*' ? ANY : { kind: 'named', uid };
}
