/** Why a row of a data set, or one of its pictures, is not used. The only table of its kind: messages and tables are derived from it. */
export const ROW_PROBLEMS = {
  'row-incomplete': 'a row has not as many fields as the header',
  'value-unreadable': 'a value cannot be read',
  'path-leaves-set': 'a name of a file leads out of the data set',
  'id-twice': 'an id occurs twice',
  'split-unknown': 'the patient has no split',
  'image-missing': 'the image is not there',
  'image-unreadable': 'the image cannot be decoded',
  'image-not-16-bit-grey': 'the image is not 16-bit grey',
  'image-size-differs': 'the image has not the size that its row gives',
  'mask-unreadable': 'the expert mask cannot be decoded',
  'mask-not-1-bit': 'the expert mask is not a 1-bit picture',
  'mask-size-differs': 'the expert mask has not the size of its image',
  'mask-empty': 'the expert mask has no pixel',
} as const;

export type RowProblemCode = keyof typeof ROW_PROBLEMS;

/** A row that was refused: `line` of the table counts from 1, `column` is the header's name. Never a value of the file. */
export interface RowProblem {
  readonly line: number;
  readonly column: string | undefined;
  readonly code: RowProblemCode;
}
