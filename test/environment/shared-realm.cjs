'use strict';
const vm = require('node:vm');
const { TestEnvironment } = require('jest-environment-node');

/**
 * jest runs tests in a VM context, with two consequences that this environment undoes.
 *
 * The context has typed arrays of its own, while native libraries (ONNX Runtime, wasm codecs) and node's own modules check `instanceof` the outer
 * ones: the outer ones are shared. Errors are not: the engine throws the context's own.
 *
 * jest's context looks every global up through a proxy (`Math.max` in a hot loop costs three hundred times as much): this one is an
 * ordinary global (vm.constants.DONT_CONTEXTIFY).
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

const contextFromObject = vm.createContext;

module.exports = class SharedRealmEnvironment extends TestEnvironment {
  constructor(...settings) {
    vm.createContext = () => contextFromObject(vm.constants.DONT_CONTEXTIFY);
    try {
      super(...settings);
    } finally {
      vm.createContext = contextFromObject;
    }
  }

  async setup() {
    await super.setup();
    for (const name of SHARED) this.global[name] = globalThis[name];
  }
};
