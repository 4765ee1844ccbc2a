const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;

/** The number that a DS or IS value, or text of another VR, spells; NaN for anything else (`1,5`, `0x10`, an empty value). */
export const numberOfText = (text: string): number => (DECIMAL.test(text) ? Number(text) : NaN);
