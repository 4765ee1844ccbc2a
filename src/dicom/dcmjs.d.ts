/** The part of dcmjs that is used: its data dictionary, and its writer for the phantom. The package has no declarations of its own. */
declare module 'dcmjs' {
  interface DictionaryEntry {
    readonly tag: string;
    readonly vr: string;
    readonly vm: string;
    readonly name: string;
  }
  const dcmjs: {
    readonly data: {
      readonly DicomMetaDictionary: {
        /** Looked up by `(GGGG,EEEE)`; cannot be enumerated. */
        readonly dictionary: Readonly<Record<string, DictionaryEntry | undefined>>;
        readonly nameMap: Readonly<Record<string, DictionaryEntry | undefined>>;
        /** Keywords to tags; keywords that it does not know are dropped without a word. */
        naturalizeDataset(dict: Record<string, unknown>): Record<string, unknown>;
        denaturalizeDataset(dataSet: object): Record<string, unknown>;
      };
      readonly DicomMessage: {
        readFile(bytes: ArrayBuffer): {
          meta: Record<string, unknown>;
          dict: Record<string, unknown>;
          write(): ArrayBuffer;
        };
      };
      readonly DicomDict: new (meta: Record<string, unknown>) => {
        dict: Record<string, unknown>;
        write(): ArrayBuffer;
      };
    };
    readonly log: { setLevel(level: 'silent'): void };
  };
  export default dcmjs;
}
