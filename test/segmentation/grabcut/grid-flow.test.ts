import { describe, expect, it } from '@jest/globals';
import { gridPlan, type GridPlan } from '../../../src/segmentation/grabcut/grid.js';
import { FREE, SINK, SOURCE } from '../../../src/segmentation/grabcut/flow-kernels.js';
import {
  createFlowWorkspace,
  maximumFlow,
  minimumCutInto,
  pushAlongLines,
  type FlowWorkspace,
} from '../../../src/segmentation/grabcut/grid-flow.js';
import { FlowGraph } from '../reference/edmonds-karp.js';
import { createTwin, twinFlow, twinLines } from '../reference/grid-flow-twin.js';
import { numbersFrom } from '../reference/picture.js';

/** A random problem: capacities of all eight arcs of every pixel, and a signed terminal link. */
interface Problem {
  readonly width: number;
  readonly height: number;
  readonly links: Map<string, number>;
  readonly terminal: number[];
}

type Numbers = ReturnType<typeof numbersFrom>;

const NEIGHBOURS = [-1, 0, 1].flatMap((dy) => [-1, 0, 1].map((dx) => [dx, dy] as const)).filter(([x, y]) => x || y);

function randomProblem(numbers: Numbers, largest: number): Problem {
  const width = 1 + numbers(largest);
  const height = 1 + numbers(largest);
  const most = [2, 5, 40, 100_000][numbers(4)]!;
  const links = new Map<string, number>();
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (const [dx, dy] of NEIGHBOURS)
        if (x + dx >= 0 && x + dx < width && y + dy >= 0 && y + dy < height)
          links.set([x, y, x + dx, y + dy].join(), numbers(4) === 0 ? 0 : numbers(most));
  return { width, height, links, terminal: randomTerminals(numbers, width * height, most) };
}

const randomTerminals = (numbers: Numbers, count: number, most: number): number[] =>
  Array.from({ length: count }, () => (numbers(3) === 0 ? 0 : numbers(4 * most) - 2 * most));

const at = (plan: GridPlan, i: number): number => (Math.floor(i / plan.width) + 1) * plan.stride + (i % plan.width) + 1;

/** Neighbour positions in the order that grid.ts promises, written out again. */
function load(ws: FlowWorkspace, plan: GridPlan, { links, terminal }: Problem): Int32Array {
  ws.residual.fill(0);
  ws.terminal.fill(0);
  for (const [key, capacity] of links) {
    const [x, y, x2, y2] = key.split(',').map(Number) as [number, number, number, number];
    const order = ['-1,-1', '0,-1', '1,-1', '-1,0', '1,0', '-1,1', '0,1', '1,1'];
    ws.residual[8 * at(plan, y * plan.width + x) + order.indexOf(`${x2 - x},${y2 - y}`)] = capacity;
  }
  terminal.forEach((t, i) => (ws.terminal[at(plan, i)] = t));
  const nodes = Int32Array.from(terminal, (_, i) => at(plan, i));
  ws.nodes.set(nodes);
  return nodes;
}

/** How much flowed from source to sink meanwhile: what the pixels with excess have lost of it in all. */
function flowOf({ terminal }: FlowWorkspace, nodes: Int32Array, work: () => void): number {
  const excess = (): number => nodes.reduce((sum, p) => sum + Math.max(0, terminal[p]!), 0);
  const before = excess();
  work();
  return before - excess();
}

function reference({ width, height, links, terminal }: Problem) {
  const graph = new FlowGraph(width * height + 2);
  const [source, sink] = [width * height, width * height + 1];
  for (const [key, capacity] of links) {
    const [x, y, x2, y2] = key.split(',').map(Number) as [number, number, number, number];
    graph.addArc(y * width + x, y2 * width + x2, capacity);
  }
  terminal.forEach((t, i) => (t > 0 ? graph.addArc(source, i, t) : graph.addArc(i, sink, -t)));
  return { flow: graph.maximumFlow(source, sink), reached: graph.reachedFrom(source), reaching: graph.reaching(sink) };
}

/** What a labelling costs, from the problem's own numbers. */
function cutValue({ width, links, terminal }: Problem, label: (i: number) => number): number {
  let value = 0;
  for (const [key, capacity] of links) {
    const [x, y, x2, y2] = key.split(',').map(Number) as [number, number, number, number];
    if (label(y * width + x) === 1 && label(y2 * width + x2) === 0) value += capacity;
  }
  terminal.forEach((t, i) => (value += label(i) === 1 ? Math.max(0, -t) : Math.max(0, t)));
  return value;
}

const ws = createFlowWorkspace(40 * 40);
/** Ten times as many grids where there is time. */
const MORE = process.env['CALIPER_LONG'] === '1' ? 10 : 1;

describe('maximum flow on a grid', () => {
  it('equals the cut, and the flow of shortest augmenting paths, on thousands of grids', () => {
    const numbers = numbersFrom(1);
    for (let round = 0; round < 3000 * MORE; round++) {
      const problem = randomProblem(numbers, round < 2900 * MORE ? 5 : 14);
      const plan = gridPlan(problem.width, problem.height);
      const nodes = load(ws, plan, problem);
      const preferred = new Uint8Array(plan.pixels).map(() => numbers(2));
      const side = new Uint8Array(plan.pixels);
      const flow = flowOf(ws, nodes, () => maximumFlow(ws, plan, nodes.length));
      minimumCutInto(side, ws, plan, nodes.length, preferred);
      expect(flow).toBe(reference(problem).flow);
      expect(cutValue(problem, (i) => side[at(plan, i)]!)).toBe(flow);
    }
  });

  it('finds the two sets that every minimum cut agrees on, and leaves the others to preference', () => {
    const numbers = numbersFrom(2);
    let free = 0;
    for (let round = 0; round < 1500 * MORE; round++) {
      const problem = randomProblem(numbers, 5);
      const plan = gridPlan(problem.width, problem.height);
      const nodes = load(ws, plan, problem);
      maximumFlow(ws, plan, nodes.length);
      const { reached, reaching } = reference(problem);
      const preferred = new Uint8Array(plan.pixels).map(() => numbers(2));
      const side = new Uint8Array(plan.pixels);
      minimumCutInto(side, ws, plan, nodes.length, preferred);
      const expected = problem.terminal.map((_, i) => (reached.has(i) ? SOURCE : reaching.has(i) ? SINK : FREE));
      expect(problem.terminal.map((_, i) => ws.tree[at(plan, i)])).toEqual(expected);
      const wrongSide = expected.filter((tree, i) => {
        const label = side[at(plan, i)];
        if (tree !== FREE) return label !== (tree === SOURCE ? 1 : 0);
        free++;
        return preferred[at(plan, i)] === 1 && label !== 1;
      });
      expect(wrongSide).toEqual([]);
    }
    expect(free).toBeGreaterThan(1000);
  });

  it('goes on from its residuals when only terminal links change', () => {
    const numbers = numbersFrom(3);
    for (let round = 0; round < 500 * MORE; round++) {
      let problem = randomProblem(numbers, 6);
      const plan = gridPlan(problem.width, problem.height);
      const nodes = load(ws, plan, problem);
      maximumFlow(ws, plan, nodes.length);
      for (let change = 0; change < 4; change++) {
        const terminal = randomTerminals(numbers, problem.terminal.length, [3, 50, 100_000][numbers(3)]!);
        nodes.forEach((p, i) => (ws.terminal[p] = ws.terminal[p]! + terminal[i]! - problem.terminal[i]!));
        problem = { ...problem, terminal };
        const side = new Uint8Array(plan.pixels);
        maximumFlow(ws, plan, nodes.length);
        minimumCutInto(side, ws, plan, nodes.length, side);
        const fresh = reference(problem);
        expect(cutValue(problem, (i) => side[at(plan, i)]!)).toBe(fresh.flow);
        expect(terminal.map((_, i) => ws.tree[at(plan, i)] === SOURCE)).toEqual(
          terminal.map((_, i) => fresh.reached.has(i)),
        );
      }
    }
  });

  it('keeps its value and its two sets after a head start along lines', () => {
    const numbers = numbersFrom(4);
    let pushed = 0;
    for (let round = 0; round < 1500 * MORE; round++) {
      const problem = randomProblem(numbers, round % 20 === 0 ? 12 : 6);
      const plan = gridPlan(problem.width, problem.height);
      const nodes = load(ws, plan, problem);
      const start = flowOf(ws, nodes, () => pushAlongLines(ws, plan, nodes.length));
      const { flow, reached, reaching } = reference(problem);
      expect(start + flowOf(ws, nodes, () => maximumFlow(ws, plan, nodes.length))).toBe(flow);
      const expected = problem.terminal.map((_, i) => (reached.has(i) ? SOURCE : reaching.has(i) ? SINK : FREE));
      expect(problem.terminal.map((_, i) => ws.tree[at(plan, i)])).toEqual(expected);
      pushed += start / Math.max(1, flow);
    }
    // it does not stand idle
    expect(pushed).toBeGreaterThan(750 * MORE);
  });

  it('takes the largest capacities there may be without losing a unit', () => {
    const plan = gridPlan(3, 3);
    const largest = 2 ** 26;
    const problem: Problem = {
      width: 3,
      height: 3,
      links: new Map(
        Array.from({ length: 9 }, (_, i) => [i % 3, Math.floor(i / 3)] as const).flatMap(([x, y]) =>
          NEIGHBOURS.filter(([dx, dy]) => x + dx >= 0 && x + dx < 3 && y + dy >= 0 && y + dy < 3).map(
            ([dx, dy]) => [[x, y, x + dx, y + dy].join(), largest] as const,
          ),
        ),
      ),
      terminal: [2 ** 28, 0, 0, 0, -(2 ** 28), 0, 0, 0, 2 ** 28],
    };
    const nodes = load(ws, plan, problem);
    expect(flowOf(ws, nodes, () => maximumFlow(ws, plan, nodes.length))).toBe(reference(problem).flow);
  });

  it('leaves the same numbers as its twin in plain TypeScript, step by step', () => {
    const numbers = numbersFrom(5);
    const twin = createTwin(ws.capacity);
    for (let round = 0; round < 300 * MORE; round++) {
      const problem = randomProblem(numbers, round % 10 === 0 ? 38 : 8);
      const plan = gridPlan(problem.width, problem.height);
      const nodes = load(ws, plan, problem);
      twin.residual.set(ws.residual);
      twin.terminal.set(ws.terminal);
      const expectSame = (...arrays: readonly ('residual' | 'terminal' | 'tree')[]) => {
        for (const name of arrays)
          expect(
            Buffer.compare(
              Buffer.from(ws[name].slice(0, plan.pixels).buffer),
              Buffer.from(twin[name].slice(0, plan.pixels).buffer),
            ),
          ).toBe(0);
      };
      if (round % 2 === 0) {
        pushAlongLines(ws, plan, nodes.length);
        twinLines(twin, plan, nodes, nodes.length);
        expectSame('residual', 'terminal');
      }
      maximumFlow(ws, plan, nodes.length);
      twinFlow(twin, plan, nodes, nodes.length);
      expectSame('residual', 'terminal', 'tree');
    }
  });
});
