'use strict';
const { TestEnvironment } = require('jest-environment-node');

/**
 * jest runs tests in a VM context with typed arrays of its own; native libraries (ONNX Runtime, wasm codecs) and node's own modules check
 * `instanceof` the outer ones. Sharing them removes the difference. Errors are not shared: the engine throws the context's own.
 */
const SHARED = [
  'ArrayBuffer',
  'SharedArrayBuffer',
  'DataView',
  'Uint8Array',
  'Uint8ClampedArray',
  'Int8Array',
  'Uint16Array',
  'Int16Array',
  'Uint32Array',
  'Int32Array',
  'Float32Array',
  'Float64Array',
  'BigInt64Array',
  'BigUint64Array',
  
  
  
];

module.exports = class SharedRealmEnvironment extends TestEnvironment {
  async setup() {
    await super.setup();
    for (const name of SHARED) this.global[name] = globalThis[name];
  }
};
