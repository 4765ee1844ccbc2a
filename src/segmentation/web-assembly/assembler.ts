/**
 * A small assembler for WebAssembly with 128-bit vectors (WebAssembly Core Specification 2.0, chapter 5): kernels are written as expressions in
 * TypeScript and become a module when the program starts. Only what the kernels of this room need.
 *
 * Three kinds of values: Whole (i32; also addresses, in bytes), One (f32) and Four (f32x4). Memory is one block that the module owns.
 */
type Code = readonly number[];

/** Something that is done; a kernel is a list of them. */
export type Statement = Code;

/** A 32-bit whole number, or an address in bytes. */
export class Whole {
  constructor(readonly code: Code) {}
  plus = (other: Whole | number): Whole => new Whole([...this.code, ...wholeOf(other).code, I32_ADD]);
  minus = (other: Whole | number): Whole => new Whole([...this.code, ...wholeOf(other).code, I32_SUB]);
  times = (other: Whole | number): Whole => this.#with(other, I32_MUL);
  and = (other: Whole | number): Whole => this.#with(other, I32_AND);
  or = (other: Whole | number): Whole => this.#with(other, I32_OR);
  /** Times two to the power of `bits`. */
  shifted = (bits: number): Whole => this.#with(bits, I32_SHL);
  /** -1 where this is negative, else 0. */
  sign = (): Whole => this.#with(31, I32_SHR_S);

  /** Comparisons give 1 or 0; `isBelow` takes both for addresses, without signs. */
  isBelow = (other: Whole): Whole => this.#with(other, I32_LT_U);
  isLess = (other: Whole | number): Whole => this.#with(other, I32_LT_S);
  is = (other: Whole | number): Whole => this.#with(other, I32_EQ);
  isNot = (other: Whole | number): Whole => this.#with(other, I32_NE);
  isZero = (): Whole => new Whole([...this.code, I32_EQZ]);

  /** The lesser of the two (signed), without a branch; both are computed twice, so let them be variables. */
  atMost = (other: Whole): Whole => new Whole([...this.code, ...other.code, ...this.isLess(other).code, SELECT]);
  /** This or 0, whichever is more, without a branch; let it be a variable. */
  positive = (): Whole => new Whole([...this.code, ...wholeOf(0).code, ...wholeOf(0).isLess(this).code, SELECT]);

  /** What stands at this address, `offset` bytes further. */
  whole = (): Whole => new Whole([...this.code, I32_LOAD, ...AT_WORD, 0]);
  byte = (): Whole => new Whole([...this.code, I32_LOAD8_U, ...AT_BYTE, 0]);
  four = (offset = 0): Four => new Four([...this.code, ...vector(V128_LOAD), ...AT_WORD, ...unsigned(offset)]);
  /** One number, four times. */
  oneAsFour = (offset = 0): Four =>
    new Four([...this.code, ...vector(V128_LOAD32_SPLAT), ...AT_WORD, ...unsigned(offset)]);

  put = (value: Four, offset = 0): Statement => [
    ...this.code,
    ...value.code,
    ...vector(V128_STORE),
    ...AT_WORD,
    ...unsigned(offset),
  ];
  putWhole = (value: Whole | number): Statement => [...this.code, ...wholeOf(value).code, I32_STORE, ...AT_WORD, 0];
  putByte = (value: Whole | number): Statement => [...this.code, ...wholeOf(value).code, I32_STORE8, ...AT_BYTE, 0];
  putOne = (value: One): Statement => [...this.code, ...value.code, F32_STORE, ...AT_WORD, 0];

  #with = (other: Whole | number, operation: number): Whole =>
    new Whole([...this.code, ...wholeOf(other).code, operation]);
}

/** A number that is always the same. */
export const constant = (value: number): Whole => wholeOf(value);

/** A 32-bit floating point number. */
export class One {
  constructor(readonly code: Code) {}
  plus = (other: One): One => new One([...this.code, ...other.code, F32_ADD]);
  asFour = (): Four => new Four([...this.code, ...vector(F32X4_SPLAT)]);
}

/** Four 32-bit floating point numbers, computed with side by side. */
export class Four {
  constructor(readonly code: Code) {}
  plus = (other: Four): Four => this.#with(other, F32X4_ADD);
  minus = (other: Four): Four => this.#with(other, F32X4_SUB);
  times = (other: Four): Four => this.#with(other, F32X4_MUL);
  over = (other: Four): Four => this.#with(other, F32X4_DIV);
  atMost = (other: Four): Four => this.#with(other, F32X4_MIN);
  atLeast = (other: Four): Four => this.#with(other, F32X4_MAX);
  rounded = (): Four => new Four([...this.code, ...vector(F32X4_NEAREST)]);
  lane = (index: 0 | 1 | 2 | 3): One => new One([...this.code, ...vector(F32X4_EXTRACT_LANE), index]);

  /** Times two to the power of `exponent`, whole numbers: they are added to the exponents that the numbers are stored with. */
  timesTwoTo(exponent: Four): Four {
    const shifted = [...exponent.code, ...vector(I32X4_TRUNC_SAT_F32X4_S), ...wholeOf(23).code, ...vector(I32X4_SHL)];
    return new Four([...this.code, ...shifted, ...vector(I32X4_ADD)]);
  }

  #with = (other: Four, operation: number): Four => new Four([...this.code, ...other.code, ...vector(operation)]);
}

export function fourTimes(value: number): Four {
  const bytes = [...new Uint8Array(Float32Array.of(value).buffer)];
  return new Four([...vector(V128_CONST), ...bytes, ...bytes, ...bytes, ...bytes]);
}

/** A variable of a kernel: the value it has now, and the statement that gives it another. Variables start at 0. */
export type Variable<T> = T & { becomes(value: T): Statement };

export const increase = (variable: Variable<Whole>, by: Whole | number): Statement =>
  variable.becomes(variable.plus(by));

/** Repeats the body as long as the condition is not 0, which is looked at first. */
export const whileTrue = (condition: Whole, body: readonly Statement[]): Statement => [
  ...[BLOCK, NO_RESULT, LOOP, NO_RESULT],
  ...[...condition.code, I32_EQZ, BR_IF, 1],
  ...body.flat(),
  ...[BR, 0, END, END],
];

/** The same as long as the one is below the other (unsigned). */
export const whileBelow = (one: Whole, other: Whole, body: readonly Statement[]): Statement =>
  whileTrue(one.isBelow(other), body);

export const when = (condition: Whole, then: readonly Statement[], otherwise: readonly Statement[] = []): Statement => [
  ...condition.code,
  ...[IF, NO_RESULT, ...then.flat()],
  ...(otherwise.length === 0 ? [] : [ELSE, ...otherwise.flat()]),
  END,
];

export interface Kernel {
  readonly name: string;
  readonly parameters: Code;
  readonly locals: Code;
  readonly body: Code;
}

/** Makes variables of a kernel. */
export interface KernelVariables {
  readonly whole: () => Variable<Whole>;
  readonly four: () => Variable<Four>;
}

/** A kernel with its parameters by name: whole numbers first, then numbers. Parameters may be given other values, like variables. */
export function kernel<W extends string, O extends string>(
  name: string,
  wholes: readonly W[],
  ones: readonly O[],
  write: (parameters: Record<W, Variable<Whole>> & Record<O, One>, variables: KernelVariables) => readonly Statement[],
): Kernel {
  const parameters = [...wholes.map(() => I32), ...ones.map(() => F32)];
  const locals: number[] = [];
  const next = (type: number): Code => unsigned(parameters.length + locals.push(type) - 1);
  const byName = {
    ...Object.fromEntries(wholes.map((each, i) => [each, wholeVariable(unsigned(i))])),
    ...Object.fromEntries(ones.map((each, i) => [each, new One([LOCAL_GET, ...unsigned(wholes.length + i)])])),
  } as Record<W, Variable<Whole>> & Record<O, One>;
  const body = write(byName, {
    whole: () => wholeVariable(next(I32)),
    four: () => {
      const index = next(V128);
      const becomes = (value: Four): Statement => [...value.code, LOCAL_SET, ...index];
      return Object.assign(new Four([LOCAL_GET, ...index]), { becomes });
    },
  });
  return { name, parameters, locals, body: body.flat() };
}

function wholeVariable(index: Code): Variable<Whole> {
  const becomes = (value: Whole): Statement => [...value.code, LOCAL_SET, ...index];
  return Object.assign(new Whole([LOCAL_GET, ...index]), { becomes });
}

/** The bytes of a module that exports the kernels by their names and its memory as `memory`, one page (64 KiB) to begin with. */
export function assemble(kernels: readonly Kernel[]): Uint8Array {
  const types = kernels.map(({ parameters }) => [FUNCTION_TYPE, ...counted(parameters), 0]);
  const exports = kernels.map(({ name }, i) => [...text(name), FUNCTION_EXPORT, ...unsigned(i)]);
  const bodies = kernels.map(({ locals, body }) =>
    counted([...unsigned(locals.length), ...locals.flatMap((type) => [1, type]), ...body, END]),
  );
  return Uint8Array.from([
    ...MAGIC_AND_VERSION,
    ...section(TYPE_SECTION, types),
    ...section(
      FUNCTION_SECTION,
      kernels.map((_, i) => unsigned(i)),
    ),
    ...section(MEMORY_SECTION, [[0, 1]]),
    ...section(EXPORT_SECTION, [...exports, [...text('memory'), MEMORY_EXPORT, 0]]),
    ...section(CODE_SECTION, bodies),
  ]);
}

const section = (id: number, items: readonly Code[]): Code => [
  id,
  ...counted([...unsigned(items.length), ...items.flat()]),
];
const counted = (bytes: Code): Code => [...unsigned(bytes.length), ...bytes];
const text = (ascii: string): Code => counted(Array.from(ascii, (c) => c.charCodeAt(0)));
const vector = (operation: number): Code => [VECTOR_PREFIX, ...unsigned(operation)];
const wholeOf = (value: Whole | number): Whole =>
  typeof value === 'number' ? new Whole([I32_CONST, ...signed(value)]) : value;

/** LEB128: seven bits a byte, the lowest first. */
function unsigned(value: number): Code {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}
function signed(value: number): Code {
  return value >= -0x40 && value < 0x40 ? [value & 0x7f] : [(value & 0x7f) | 0x80, ...signed(value >> 7)];
}

const MAGIC_AND_VERSION: Code = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
const [TYPE_SECTION, FUNCTION_SECTION, MEMORY_SECTION, EXPORT_SECTION, CODE_SECTION] = [1, 3, 5, 7, 10];
const [FUNCTION_TYPE, FUNCTION_EXPORT, MEMORY_EXPORT, NO_RESULT] = [0x60, 0, 2, 0x40];
const [I32, F32, V128] = [0x7f, 0x7d, 0x7b];
/** Addresses are multiples of 2^2, no more: vectors start at any number. */
const AT_WORD: Code = [2];
const AT_BYTE: Code = [0];
const [BLOCK, LOOP, IF, ELSE, END, BR, BR_IF, SELECT] = [0x02, 0x03, 0x04, 0x05, 0x0b, 0x0c, 0x0d, 0x1b];
const [LOCAL_GET, LOCAL_SET] = [0x20, 0x21];
const [I32_LOAD, I32_LOAD8_U, I32_STORE, I32_STORE8, F32_STORE, I32_CONST] = [0x28, 0x2d, 0x36, 0x3a, 0x38, 0x41];
const [I32_EQZ, I32_EQ, I32_NE, I32_LT_S, I32_LT_U] = [0x45, 0x46, 0x47, 0x48, 0x49];
const [I32_ADD, I32_SUB, I32_MUL, I32_AND, I32_OR, I32_SHL, I32_SHR_S] = [0x6a, 0x6b, 0x6c, 0x71, 0x72, 0x74, 0x75];
const F32_ADD = 0x92;
const VECTOR_PREFIX = 0xfd;
const [V128_LOAD, V128_LOAD32_SPLAT, V128_STORE, V128_CONST] = [0, 9, 11, 12];
const [F32X4_SPLAT, F32X4_EXTRACT_LANE, F32X4_NEAREST] = [0x13, 0x1f, 0x6a];
const [F32X4_ADD, F32X4_SUB, F32X4_MUL, F32X4_DIV, F32X4_MIN, F32X4_MAX] = [0xe4, 0xe5, 0xe6, 0xe7, 0xe8, 0xe9];
const [I32X4_SHL, I32X4_ADD, I32X4_TRUNC_SAT_F32X4_S] = [0xab, 0xae, 0xf8];
