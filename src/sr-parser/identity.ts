/** Does a tracking identifier name a lesion, or the tool it was drawn with? */

/** Viewers put their tool's name where the lesion's belongs: `Cornerstone3DTools@^0.1.0:Bidirectional`, `web annotation`. */
const TOOL =
  /^(?:cornerstone\w*@|web annotation$|measurements? group\b|(?:bidirectional|length|line|distance|annotation|measurement|roi|ellipse|polyline)$|-\d+$|$)/i;

/** Whether the identifier names a lesion, so that it may travel on and may be compared between reports. */
export const identifiesLesion = (trackingIdentifier: string | undefined): boolean =>
  trackingIdentifier !== undefined && !TOOL.test(trackingIdentifier.trim());

/** Reports of Cornerstone3D (OHIF 3), whose core exchanges row and column spacing (cornerstonejs/cornerstone3D issue 2758). */
export const isFromCornerstone3D = (trackingIdentifier: string | undefined): boolean =>
  /^cornerstone3dtools@/i.test(trackingIdentifier ?? '');
