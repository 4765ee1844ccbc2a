/**
 * The smallest ONNX model that computes something, y = x + x over two floats, as the bytes of its protobuf: enough to see whether a runtime and
 * a provider work, without a file. Field numbers are those of onnx.proto (IR version 8, opset 17).
 */
export function probeGraph(): Uint8Array {
  const tensor = (name: string) =>
    message(text(1, name), nested(2, nested(1, varint(1, FLOAT), nested(2, nested(1, varint(1, 2))))));
  const graph = message(
    nested(1, text(1, 'x'), text(1, 'x'), text(2, 'y'), text(4, 'Add')),
    text(2, 'probe'),
    field(11, tensor('x')),
    field(12, tensor('y')),
  );
  return Uint8Array.from(message(varint(1, 8), field(7, graph), nested(8, varint(2, 17))));
}

const FLOAT = 1;
type Bytes = readonly number[];

const message = (...parts: readonly Bytes[]): Bytes => parts.flat();
/** Wire type 0. Every number here is below 128 and so one byte. */
const varint = (number: number, value: number): Bytes => [number << 3, value];
/** Wire type 2: length and content. */
const field = (number: number, content: Bytes): Bytes => [(number << 3) | 2, content.length, ...content];
const nested = (number: number, ...parts: readonly Bytes[]): Bytes => field(number, message(...parts));
const text = (number: number, value: string): Bytes => field(number, [...Buffer.from(value, 'ascii')]);
