/** A coded concept as the standard has it (PS3.3 8): code value, coding scheme designator, code meaning. */
export interface CodedConcept {
  readonly value: string;
  readonly scheme: string;
  readonly meaning: string;
}

export const code = (value: string, scheme: string, meaning: string): CodedConcept => ({
  value,
  scheme,
  meaning,
});
