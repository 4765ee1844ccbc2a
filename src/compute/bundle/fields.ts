/** What of a manifest cannot be read, and where it stands (`channels[1].kind`). Thrown within this folder only. */
export class FieldProblem extends Error {}

/** A JSON object whose members are read one by one, each of the kind that is asked for. */
export class Fields {
  readonly #members: Readonly<Record<string, unknown>>;
  readonly #path: string;

  constructor(value: unknown, path = '') {
    if (!isObject(value)) throw new FieldProblem(`${path === '' ? 'the manifest' : path} is not an object`);
    this.#members = value;
    this.#path = path;
  }

  get names(): readonly string[] {
    return Object.keys(this.#members);
  }

  text(name: string): string {
    const value = this.#members[name];
    if (typeof value !== 'string' || value === '') return this.refuse(name, 'is not a text');
    return value;
  }

  /** A name as files and folders have it. */
  word(name: string): string {
    const value = this.text(name);
    return /^[A-Za-z0-9][\w.-]*$/.test(value) ? value : this.refuse(name, 'is not a plain name');
  }

  sha256(name: string): string {
    const value = this.text(name);
    return /^[0-9a-f]{64}$/.test(value) ? value : this.refuse(name, 'is not a SHA-256 in hexadecimal');
  }

  number(name: string, least: number, most: number): number {
    const value = this.#members[name];
    if (typeof value !== 'number' || !(value >= least && value <= most))
      return this.refuse(name, `is not a number from ${least} to ${most}`);
    return value;
  }

  whole(name: string, least: number, most: number): number {
    const value = this.number(name, least, most);
    return Number.isInteger(value) ? value : this.refuse(name, 'is not a whole number');
  }

  oneOf<const T extends string>(name: string, known: readonly T[]): T {
    const value = this.#members[name];
    return known.find((one) => one === value) ?? this.refuse(name, `is none of ${known.join(', ')}`);
  }

  texts(name: string): readonly string[] {
    return this.list(name).map((value, i) =>
      typeof value === 'string' ? value : this.refuse(`${name}[${i}]`, 'is not a text'),
    );
  }

  object(name: string): Fields {
    return new Fields(this.#members[name], this.at(name));
  }

  objects(name: string): readonly Fields[] {
    return this.list(name).map((value, i) => new Fields(value, this.at(`${name}[${i}]`)));
  }

  refuse(name: string, says: string): never {
    throw new FieldProblem(`${this.at(name)} ${says}`);
  }

  private list(name: string): readonly unknown[] {
    const value = this.#members[name];
    return Array.isArray(value) ? value : this.refuse(name, 'is not a list');
  }

  private at(name: string): string {
    return this.#path === '' ? name : `${this.#path}.${name}`;
  }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
