/** Reports of Cornerstone3D (OHIF 3), whose core exchanges row and column spacing (cornerstonejs/cornerstone3D issue 2758). */
export const isFromCornerstone3D = (trackingIdentifier: string | undefined): boolean =>
  /^cornerstone3dtools@/i.test(trackingIdentifier ?? '');
