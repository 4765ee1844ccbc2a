import { fail, ok, type Result } from '../../domain/index.js';

/** What is to be known of an ONNX model before a runtime is given it. */
export interface OnnxGraph {
  /** Version of the standard operators. */
  readonly opset: number;
  /** Names of the operators; those of another domain as `domain::name`. */
  readonly operators: ReadonlySet<string>;
  /** Sizes by name; undefined where one is decided at run time, and in place of the list where the value is no tensor of float32. */
  readonly inputs: ReadonlyMap<string, TensorShape | undefined>;
  readonly outputs: ReadonlyMap<string, TensorShape | undefined>;
  /** What it has that a network needs not: numbers in other files, graphs within nodes, functions of its own. */
  readonly extras: ReadonlySet<'external data' | 'a graph within a node' | 'functions' | 'sparse tensors' | 'training'>;
}

export type TensorShape = readonly (number | undefined)[];

/**
 * Reads just that from the model's protobuf (onnx.proto: the field numbers below). The error says why it is none. Weights are stepped over, not
 * read.
 */
export function readOnnxGraph(bytes: Uint8Array): Result<OnnxGraph, string> {
  try {
    return ok(modelOf(bytes));
  } catch (error) {
    if (error instanceof NotProtobuf) return fail('is not an ONNX model');
    throw error;
  }
}

class NotProtobuf extends Error {}

type Extras = Set<OnnxGraph['extras'] extends ReadonlySet<infer E> ? E : never>;

function modelOf(bytes: Uint8Array): OnnxGraph {
  const extras: Extras = new Set();
  let opset: number | undefined;
  let graph: Uint8Array | undefined;
  for (const field of fieldsOf(bytes)) {
    if (field.number === MODEL.graph) {
      // a runtime would take two of them for one
      if (graph) throw new NotProtobuf();
      graph = content(field);
    }
    if (field.number === MODEL.opsetImport) {
      const members = [...fieldsOf(content(field))];
      const domain = members.find((m) => m.number === OPSET.domain);
      if (domain === undefined || isStandard(text(domain)))
        opset = varint(members.find((m) => m.number === OPSET.version));
    }
    if (field.number === MODEL.functions) extras.add('functions');
    if (field.number === MODEL.trainingInfo) extras.add('training');
  }
  if (graph === undefined || opset === undefined) throw new NotProtobuf();
  return { opset, extras, ...graphOf(graph, extras) };
}

function graphOf(bytes: Uint8Array, extras: Extras): Pick<OnnxGraph, 'operators' | 'inputs' | 'outputs'> {
  const operators = new Set<string>();
  const inputs = new Map<string, TensorShape | undefined>();
  const outputs = new Map<string, TensorShape | undefined>();
  const weights = new Set<string>();
  for (const field of fieldsOf(bytes))
    switch (field.number) {
      case GRAPH.node:
        operators.add(nodeOf(content(field), extras));
        break;
      case GRAPH.initializer:
        weights.add(tensorOf(content(field), extras));
        break;
      case GRAPH.input:
        inputs.set(...valueOf(content(field)));
        break;
      case GRAPH.output:
        outputs.set(...valueOf(content(field)));
        break;
      case GRAPH.sparseInitializer:
        extras.add('sparse tensors');
        break;
    }
  // models of old versions list their weights among the inputs
  for (const name of weights) inputs.delete(name);
  return { operators, inputs, outputs };
}

/** The operator's name. */
function nodeOf(bytes: Uint8Array, extras: Extras): string {
  let name = '';
  let domain = '';
  for (const field of fieldsOf(bytes)) {
    if (field.number === NODE.opType) name = text(field);
    if (field.number === NODE.domain) domain = text(field);
    if (field.number !== NODE.attribute) continue;
    for (const member of fieldsOf(content(field)))
      if (ATTRIBUTE.tensors.includes(member.number)) tensorOf(content(member), extras);
      else if (ATTRIBUTE.graphs.includes(member.number)) extras.add('a graph within a node');
      else if (ATTRIBUTE.sparse.includes(member.number)) extras.add('sparse tensors');
  }
  return isStandard(domain) ? name : `${domain}::${name}`;
}

/** The tensor's name. */
function tensorOf(bytes: Uint8Array, extras: Extras): string {
  let name = '';
  for (const field of fieldsOf(bytes)) {
    if (field.number === TENSOR.name) name = text(field);
    if (field.number === TENSOR.externalData) extras.add('external data');
    if (field.number === TENSOR.dataLocation && varint(field) !== 0) extras.add('external data');
  }
  return name;
}

function valueOf(bytes: Uint8Array): [name: string, shape: TensorShape | undefined] {
  let name = '';
  let shape: TensorShape | undefined;
  for (const field of fieldsOf(bytes)) {
    if (field.number === VALUE.name) name = text(field);
    if (field.number !== VALUE.type) continue;
    const tensor = member(content(field), TYPE.tensor);
    if (tensor === undefined) continue;
    const dimensions = member(content(tensor), TYPE.shape);
    const type = member(content(tensor), TYPE.elementType);
    if (dimensions === undefined || type === undefined || varint(type) !== FLOAT) continue;
    shape = [...fieldsOf(content(dimensions))].map((dimension) => {
      const value = member(content(dimension), TYPE.dimensionValue);
      return value === undefined ? undefined : varint(value);
    });
  }
  return [name, shape];
}

const MODEL = { graph: 7, opsetImport: 8, trainingInfo: 20, functions: 25 };
const OPSET = { domain: 1, version: 2 };
const GRAPH = { node: 1, initializer: 5, input: 11, output: 12, sparseInitializer: 15 };
const NODE = { opType: 4, attribute: 5, domain: 7 };
const ATTRIBUTE = { tensors: [5, 10], graphs: [6, 11], sparse: [22, 23] };
const TENSOR = { name: 8, externalData: 13, dataLocation: 14 };
const VALUE = { name: 1, type: 2 };
const TYPE = { tensor: 1, elementType: 1, shape: 2, dimensionValue: 1 };
const FLOAT = 1;

const isStandard = (domain: string): boolean => domain === '' || domain === 'ai.onnx';

/** A field of a message: its number, and its value or its content. */
interface Field {
  readonly number: number;
  readonly value: number | Uint8Array;
}

function* fieldsOf(bytes: Uint8Array): Generator<Field> {
  let at = 0;
  const next = (): number => {
    let value = 0;
    for (let shift = 0; shift < 10; shift++) {
      const byte = bytes[at++];
      if (byte === undefined) throw new NotProtobuf();
      // whole numbers beyond 2^53 are of no interest here: only that they end where they end
      value += (byte & 127) * 2 ** (7 * shift);
      if (byte < 128) return value;
    }
    throw new NotProtobuf();
  };
  const take = (length: number): Uint8Array => {
    const start = at;
    at += length;
    if (at > bytes.length) throw new NotProtobuf();
    return bytes.subarray(start, at);
  };
  while (at < bytes.length) {
    const key = next();
    const number = Math.floor(key / 8);
    switch (key % 8) {
      case 0:
        yield { number, value: next() };
        break;
      case 1:
        yield { number, value: take(8) };
        break;
      case 2:
        yield { number, value: take(next()) };
        break;
      case 5:
        yield { number, value: take(4) };
        break;
      default:
        throw new NotProtobuf();
    }
  }
}

const member = (bytes: Uint8Array, number: number): Field | undefined => {
  for (const field of fieldsOf(bytes)) if (field.number === number) return field;
  return undefined;
};

function content({ value }: Field): Uint8Array {
  if (typeof value === 'number') throw new NotProtobuf();
  return value;
}

function varint(field: Field | undefined): number {
  if (field === undefined || typeof field.value !== 'number') throw new NotProtobuf();
  return field.value;
}

const text = (field: Field): string => new TextDecoder().decode(content(field));
