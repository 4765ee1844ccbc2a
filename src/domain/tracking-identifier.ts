/** Viewers put their tool's name where the lesion's belongs: `Cornerstone3DTools@^0.1.0:Bidirectional`, `web annotation`. */
const TOOL =
  /^(?:cornerstone\w*@|web annotation$|measurements? group\b|(?:bidirectional|length|line|distance|annotation|measurement|roi|ellipse|polyline)$|-\d+$|$)/i;

/**
 * Whether a tracking identifier names a lesion, so that it may travel on and may be compared between reports. A tool's name says nothing, and
 * those who write one give a new tracking UID at every save.
 */
export const identifiesLesion = (trackingIdentifier: string | undefined): boolean =>
  trackingIdentifier !== undefined && !TOOL.test(trackingIdentifier.trim());
