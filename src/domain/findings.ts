/** Named deviations found while reading, `noun.adjective`. What a finding leads to is policy, not the reader's business. */
export const FINDINGS = {
  'length.agrees': 'the reported length is the length of the line',
  'length.cm': 'the reported length is in centimetres whatever its unit says',
  'length.radius': 'the reported length is half or twice the line',
  'length.pixels': 'the reported length is in pixels',
  'length.swapped-spacing': 'the reported length fits row and column spacing exchanged',
  'length.constant-spacing': "every reported length fits one pixel spacing that is not the image's; geometry decides",
  'length.disagrees': 'the reported length does not fit its line',
  'unit.unknown': 'the unit does not convert to millimetres; geometry decides',
  'axes.exchanged': 'the line called long is the shorter one; roles were exchanged',
  'axes.not-perpendicular': 'the axes are more than 25 degrees off perpendicular',
  'axes.do-not-cross': 'the axes do not cross',
  'axes.single': 'only one axis was drawn',
  'axes.zero-length': 'an axis has no length',
  'axes.from-contour': 'the axes were derived from a contour',
  'points.outside-image': 'a mark lies outside its image',
  'points.origin-unknown': 'the origin of the coordinates is not known; half a pixel is uncertain',
  'points.swapped-spacing-suspected': 'the points may have been written with row and column spacing exchanged',
  'points.swapped-spacing-undone': 'the points were written with row and column spacing exchanged, which was undone',
  'image.several': 'the marks refer to several images; the first complete pair was taken',
  'image.class-differs': 'the report names another SOP class than the image has',
  'identity.patient-differs': 'report and image belong to different patients',
  'identity.study-differs': 'report and image belong to different studies',
  'identity.frame-of-reference-differs': 'marks and image have different frames of reference',
  'identity.coerced': 'the archive changed patient or study attributes of what was stored',
  'slice.not-axial': 'the image is not an axial slice',
  'slice.localizer': 'the image is a localizer',
  'slice.lossy': 'the image went through lossy compression',
  'report.partial': 'the report is marked as partial',
  'report.preliminary': 'the report is marked as preliminary',
  'reference.dangling': 'an item refers to an item that is not there, or to itself',
  'series.irregular': 'the slices of the series form no regular stack; only the marked slice was segmented',
  'mask.larger-off-slice': 'the lesion grows away from its marked slice; it was not followed there',
  'mask.from-shape': 'the image said nothing; the mask is the shape between the marks',
  'mask.from-seed': "the network's mask failed (detail: its agreement with the marks); the seed mask took its place",
} as const;

export type FindingCode = keyof typeof FINDINGS;

export interface Finding {
  readonly code: FindingCode;
  /** Numbers that make the finding checkable: a ratio, an angle. Never text from the file. */
  readonly detail?: number;
}

export const finding = (code: FindingCode, detail?: number): Finding =>
  detail === undefined ? { code } : { code, detail };
