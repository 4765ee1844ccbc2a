/** The part of the WebAssembly interface that is used; Node has it, but its types come only with those of a browser. */
declare namespace WebAssembly {
  class Module {
    constructor(bytes: Uint8Array);
  }
  class Instance {
    constructor(module: Module, imports?: Imports);
    readonly exports: object;
  }
  interface Memory {
    readonly buffer: ArrayBuffer;
    grow(pages: number): number;
  }
  type Imports = Readonly<Record<string, Readonly<Record<string, (...values: never[]) => unknown>>>>;
  function compile(bytes: Uint8Array): Promise<Module>;
}
