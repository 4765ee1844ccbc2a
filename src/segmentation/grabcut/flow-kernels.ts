import {
  assemble,
  constant,
  increase,
  kernel,
  whileBelow,
  whileTrue,
  when,
  type Statement,
  type Variable,
  type Whole,
} from '../web-assembly/assembler.js';

/**
 * The inner loops of maximum flow on a grid. What they compute is said in plain TypeScript in the tests (reference/grid-flow-twin.ts), which they
 * are compared with, number by number. Numbers are in bytes where they are addresses; pixels are numbers of the padded window. Measured with OpenCV's
 * gamma: 1.6 to 2 times faster than the same in TypeScript, mostly since the lesser of two numbers is found without a branch.
 */
export interface FlowKernels {
  /** What each pixel and those ahead of it on a line can take in. `node` runs to `end` by `on`; `residual` is that of arc 0 plus the arc. */
  takeable(
    node: number,
    end: number,
    on: number,
    residual: number,
    terminal: number,
    takeable: number,
    forward: number,
  ): void;
  /** Pushes that, the other way along the line. `reverse` is `residual` for the arc back. */
  pushOn(
    node: number,
    end: number,
    on: number,
    residual: number,
    reverse: number,
    terminal: number,
    takeable: number,
    forward: number,
  ): void;
  /** Flow between neighbours of which one hangs on the source and one on the sink. */
  pushToNeighbours(node: number, end: number, residual: number, terminal: number, steps: number): void;
  /** Roots of the trees. Writes where the active ones end to `counters`. */
  plantTrees(
    node: number,
    end: number,
    residual: number,
    terminal: number,
    tree: number,
    parent: number,
    active: number,
    isActive: number,
    steps: number,
    growth: number,
    counters: number,
  ): void;
  /** Grows both trees until they touch nowhere; `count` pixels are active at first. */
  growTrees(
    residual: number,
    terminal: number,
    tree: number,
    parent: number,
    distance: number,
    stamp: number,
    active: number,
    activeEnd: number,
    isActive: number,
    orphans: number,
    orphansEnd: number,
    steps: number,
    growth: number,
    count: number,
  ): void;
  readonly memory: WebAssembly.Memory;
}

export const FREE = 0;
export const SOURCE = 1;
export const SINK = 2;

const TERMINAL = 8;
const ORPHAN = 9;
const NO_PARENT = 10;

const WORD = 4;
const UNROOTED = 0x7fffffff;

/** One number a pixel, or one of a table. */
const wordAt = (base: Whole, p: Whole): Whole => base.plus(p.shifted(2));
const byteAt = (base: Whole, p: Whole): Whole => base.plus(p);
/** Where the eight residuals of a pixel begin. */
const arcsAt = (residual: Whole, p: Whole): Whole => residual.plus(p.shifted(5));
const arcAt = (residual: Whole, p: Whole, d: Whole): Whole => arcsAt(residual, p).plus(d.shifted(2));
const backAt = (residual: Whole, p: Whole, d: Whole): Whole =>
  arcsAt(residual, p)
    .plus(7 * WORD)
    .minus(d.shifted(2));

const add = (address: Whole, what: Whole): Statement => address.putWhole(address.whole().plus(what));
const subtract = (address: Whole, what: Whole): Statement => address.putWhole(address.whole().minus(what));

const LINE = ['node', 'end', 'on', 'residual', 'terminal', 'takeable', 'forward'] as const;

const takeable = kernel('takeable', LINE, [], (line, { whole }) => {
  const { node, end, on, residual, terminal, takeable, forward } = line;
  const [p, open, ahead, takes] = [whole(), whole(), whole(), whole()];
  return [
    whileTrue(node.isNot(end), [
      p.becomes(node.whole()),
      open.becomes(arcsAt(residual, p).whole()),
      // where no link leads on there may be no pixel; what stands there is not below 0
      ahead.becomes(wordAt(takeable, p.plus(forward)).whole()),
      takes.becomes(open.atMost(ahead).minus(wordAt(terminal, p).whole())),
      wordAt(takeable, p).putWhole(takes.positive()),
      increase(node, on),
    ]),
  ];
});

const PUSH = ['node', 'end', 'on', 'residual', 'reverse', 'terminal', 'takeable', 'forward'] as const;

const pushOn = kernel('pushOn', PUSH, [], (line, { whole }) => {
  const { node, end, on, residual, reverse, terminal, takeable, forward } = line;
  const [p, q, open, ahead, excess, push] = [whole(), whole(), whole(), whole(), whole(), whole()];
  return [
    whileTrue(node.isNot(end), [
      p.becomes(node.whole()),
      q.becomes(p.plus(forward)),
      open.becomes(arcsAt(residual, p).whole()),
      ahead.becomes(wordAt(takeable, q).whole()),
      excess.becomes(wordAt(terminal, p).whole()),
      push.becomes(excess.positive()),
      push.becomes(push.atMost(open)),
      push.becomes(push.atMost(ahead)),
      arcsAt(residual, p).putWhole(open.minus(push)),
      add(arcsAt(reverse, q), push),
      wordAt(terminal, p).putWhole(excess.minus(push)),
      add(wordAt(terminal, q), push),
      increase(node, on),
    ]),
  ];
});

const pushToNeighbours = kernel(
  'pushToNeighbours',
  ['node', 'end', 'residual', 'terminal', 'steps'],
  [],
  ({ node, end, residual, terminal, steps }, { whole }) => {
    const [p, q, d, excess, need, open] = [whole(), whole(), whole(), whole(), whole(), whole()];
    return [
      whileBelow(node, end, [
        p.becomes(node.whole()),
        excess.becomes(wordAt(terminal, p).whole()),
        d.becomes(constant(0)),
        whileTrue(constant(0).isLess(excess).and(d.isLess(8)), [
          q.becomes(p.plus(wordAt(steps, d).whole())),
          need.becomes(constant(0).minus(wordAt(terminal, q).whole())),
          when(constant(0).isLess(need), [
            open.becomes(arcAt(residual, p, d).whole()),
            open.becomes(open.atMost(need)),
            open.becomes(open.atMost(excess)),
            subtract(arcAt(residual, p, d), open),
            add(backAt(residual, q, d), open),
            add(wordAt(terminal, q), open),
            subtract(wordAt(terminal, p), open),
            excess.becomes(excess.minus(open)),
          ]),
          increase(d, 1),
        ]),
        increase(node, WORD),
      ]),
    ];
  },
);

const PLANT = [
  'node',
  'end',
  'residual',
  'terminal',
  'tree',
  'parent',
  'active',
  'isActive',
  'steps',
  'growth',
  'counters',
] as const;

const plantTrees = kernel('plantTrees', PLANT, [], (at, { whole }) => {
  const { node, end, residual, terminal, tree, parent, active, isActive, steps, growth, counters } = at;
  const [first, p, q, d, own, t, tables] = [whole(), whole(), whole(), whole(), whole(), whole(), whole()];
  return [
    first.becomes(node),
    whileBelow(node, end, [
      p.becomes(node.whole()),
      t.becomes(wordAt(terminal, p).whole()),
      byteAt(tree, p).putByte(t.isLess(0).shifted(1).or(constant(0).isLess(t))),
      byteAt(parent, p).putByte(t.isZero().shifted(1).plus(TERMINAL)),
      increase(node, WORD),
    ]),
    // only arcs that leave a patch of equal roots matter at first
    node.becomes(first),
    whileBelow(node, end, [
      p.becomes(node.whole()),
      own.becomes(byteAt(tree, p).byte()),
      tables.becomes(growth.plus(own.shifted(5))),
      d.becomes(own.isZero().shifted(3)),
      whileTrue(d.isLess(8), [
        q.becomes(p.plus(wordAt(steps, d).whole())),
        when(
          byteAt(tree, q).byte().isNot(own),
          [
            when(
              arcsAt(residual, p).plus(wordAt(tables, d).whole()).whole(),
              [byteAt(isActive, p).putByte(1), active.putWhole(p), increase(active, WORD), d.becomes(constant(8))],
              [increase(d, 1)],
            ),
          ],
          [increase(d, 1)],
        ),
      ]),
      increase(node, WORD),
    ]),
    counters.putWhole(active),
  ];
});

const GROW = [
  'residual',
  'terminal',
  'tree',
  'parent',
  'distance',
  'stamp',
  'active',
  'activeEnd',
  'isActive',
  'orphans',
  'orphansEnd',
  'steps',
  'growth',
  'count',
] as const;

const growTrees = kernel('growTrees', GROW, [], (at, { whole }) => {
  const { residual, terminal, tree, parent, distance, stamp, active, activeEnd, isActive, orphans, orphansEnd } = at;
  const { steps, growth, count } = at;
  const [head, orphanHead, orphanCount, tail, time] = [whole(), whole(), whole(), whole(), whole()];
  const [p, q, d, own, other, near] = [whole(), whole(), whole(), whole(), whole(), whole()];
  const [from, to, arc, push] = [whole(), whole(), whole(), whole()];
  const [x, a, open, above] = [whole(), whole(), whole(), whole()];
  const [orphan, mine, towards, best, least, e, n] = [whole(), whole(), whole(), whole(), whole(), whole(), whole()];
  const [far, left, rooted] = [whole(), whole(), whole()];

  const stepOf = (direction: Whole): Whole => wordAt(steps, direction).whole();
  const wrapped = (pointer: Variable<Whole>, begin: Whole, end: Whole): Statement =>
    when(pointer.isBelow(end).isZero(), [pointer.becomes(pointer.minus(end).plus(begin))]);
  const activate = (pixel: Whole): Statement =>
    when(byteAt(isActive, pixel).byte().isZero(), [
      byteAt(isActive, pixel).putByte(1),
      tail.becomes(head.plus(count.shifted(2))),
      wrapped(tail, active, activeEnd),
      tail.putWhole(pixel),
      increase(count, 1),
    ]);
  const abandon = (pixel: Whole): readonly Statement[] => [
    byteAt(parent, pixel).putByte(ORPHAN),
    tail.becomes(orphanHead.plus(orphanCount.shifted(2))),
    wrapped(tail, orphans, orphansEnd),
    tail.putWhole(pixel),
    increase(orphanCount, 1),
  ];
  /** Goes from a pixel to the root of its tree; `a` is the arc to the parent of `x`, which `body` makes `x`. */
  const climb = (begin: Whole, body: readonly Statement[]): readonly Statement[] => [
    x.becomes(begin),
    a.becomes(byteAt(parent, x).byte()),
    whileTrue(a.isLess(TERMINAL), [...body, a.becomes(byteAt(parent, x).byte())]),
  ];
  const lower = (bound: Whole): readonly Statement[] => [open.becomes(bound), push.becomes(push.atMost(open))];
  /** Takes what was pushed from a capacity; the pixel whose way to its terminal this was becomes an orphan where nothing is left. */
  const use = (capacity: Whole, sign: 'minus' | 'plus', pixel: Whole): readonly Statement[] => [
    open.becomes(capacity.whole()[sign](push)),
    capacity.putWhole(open),
    when(open.isZero(), abandon(pixel)),
  ];

  const augment: readonly Statement[] = [
    push.becomes(arcAt(residual, from, arc).whole()),
    ...climb(from, [x.becomes(x.plus(stepOf(a))), ...lower(backAt(residual, x, a).whole())]),
    ...lower(wordAt(terminal, x).whole()),
    ...climb(to, [...lower(arcAt(residual, x, a).whole()), x.becomes(x.plus(stepOf(a)))]),
    ...lower(constant(0).minus(wordAt(terminal, x).whole())),
    subtract(arcAt(residual, from, arc), push),
    add(backAt(residual, to, arc), push),
    ...climb(from, [
      above.becomes(x.plus(stepOf(a))),
      add(arcAt(residual, x, a), push),
      ...use(backAt(residual, above, a), 'minus', x),
      x.becomes(above),
    ]),
    ...use(wordAt(terminal, x), 'minus', x),
    ...climb(to, [
      above.becomes(x.plus(stepOf(a))),
      add(backAt(residual, above, a), push),
      ...use(arcAt(residual, x, a), 'minus', x),
      x.becomes(above),
    ]),
    ...use(wordAt(terminal, x), 'plus', x),
  ];

  // arcs from n to its terminal, which whoever is stamped now knows; an orphan on the way: n has lost it, too
  const consider: readonly Statement[] = [
    far.becomes(constant(0)),
    x.becomes(n),
    rooted.becomes(constant(1)),
    whileTrue(wordAt(stamp, x).whole().isNot(time).and(rooted), [
      a.becomes(byteAt(parent, x).byte()),
      when(
        a.isLess(TERMINAL),
        [increase(far, 1), x.becomes(x.plus(stepOf(a)))],
        [
          when(
            a.is(TERMINAL),
            [wordAt(stamp, x).putWhole(time), wordAt(distance, x).putWhole(1)],
            [rooted.becomes(constant(0))],
          ),
        ],
      ),
    ]),
    when(rooted, [
      far.becomes(far.plus(wordAt(distance, x).whole())),
      left.becomes(far),
      x.becomes(n),
      whileTrue(wordAt(stamp, x).whole().isNot(time), [
        wordAt(stamp, x).putWhole(time),
        wordAt(distance, x).putWhole(left),
        left.becomes(left.minus(1)),
        x.becomes(x.plus(stepOf(byteAt(parent, x).byte()))),
      ]),
      when(far.isLess(least), [least.becomes(far), best.becomes(e)]),
    ]),
  ];
  const eachNeighbour = (body: readonly Statement[]): readonly Statement[] => [
    e.becomes(constant(0)),
    whileTrue(e.isLess(8), [
      n.becomes(orphan.plus(stepOf(e))),
      when(byteAt(tree, n).byte().is(mine), body),
      increase(e, 1),
    ]),
  ];
  // towards an orphan, flow comes as it goes from it in the other tree
  const leadsHere = arcsAt(residual, orphan).plus(wordAt(towards, e).whole()).whole();
  const adopt: readonly Statement[] = [
    increase(time, 1),
    whileTrue(orphanCount, [
      orphan.becomes(orphanHead.whole()),
      increase(orphanHead, WORD),
      wrapped(orphanHead, orphans, orphansEnd),
      orphanCount.becomes(orphanCount.minus(1)),
      mine.becomes(byteAt(tree, orphan).byte()),
      towards.becomes(
        growth.plus(
          constant(SOURCE + SINK)
            .minus(mine)
            .shifted(5),
        ),
      ),
      best.becomes(constant(NO_PARENT)),
      least.becomes(constant(UNROOTED)),
      ...eachNeighbour([when(leadsHere, consider)]),
      byteAt(parent, orphan).putByte(best),
      when(
        best.isNot(NO_PARENT),
        [wordAt(distance, orphan).putWhole(least.plus(1)), wordAt(stamp, orphan).putWhole(time)],
        [
          byteAt(tree, orphan).putByte(FREE),
          ...eachNeighbour([when(leadsHere, [activate(n)]), when(byteAt(parent, n).byte().plus(e).is(7), abandon(n))]),
        ],
      ),
    ]),
  ];

  const join: readonly Statement[] = [
    byteAt(parent, q).putByte(constant(7).minus(d)),
    wordAt(distance, q).putWhole(near),
    wordAt(stamp, q).putWhole(wordAt(stamp, p).whole()),
  ];
  const shorter = near
    .isLess(wordAt(distance, q).whole())
    .and(wordAt(stamp, p).whole().isLess(wordAt(stamp, q).whole()).isZero());
  return [
    head.becomes(active),
    whileTrue(count, [
      p.becomes(head.whole()),
      increase(head, WORD),
      wrapped(head, active, activeEnd),
      count.becomes(count.minus(1)),
      byteAt(isActive, p).putByte(0),
      own.becomes(byteAt(tree, p).byte()),
      d.becomes(own.isZero().shifted(3)),
      whileTrue(d.isLess(8), [
        q.becomes(p.plus(stepOf(d))),
        near.becomes(wordAt(distance, p).whole().plus(1)),
        other.becomes(byteAt(tree, q).byte()),
        when(
          arcsAt(residual, p)
            .plus(wordAt(growth.plus(own.shifted(5)), d).whole())
            .whole(),
          [
            when(
              other.is(own),
              [when(shorter, join), increase(d, 1)],
              [
                when(
                  other.isZero(),
                  [byteAt(tree, q).putByte(own), ...join, activate(q), increase(d, 1)],
                  [
                    when(
                      own.is(SOURCE),
                      [from.becomes(p), to.becomes(q), arc.becomes(d)],
                      [from.becomes(q), to.becomes(p), arc.becomes(constant(7).minus(d))],
                    ),
                    orphanHead.becomes(orphans),
                    orphanCount.becomes(constant(0)),
                    ...augment,
                    ...adopt,
                    // the arc may have capacity left, and q another way to its terminal; but where p is of its tree no longer, it is done with
                    when(byteAt(tree, p).byte().isNot(own), [d.becomes(constant(8))]),
                  ],
                ),
              ],
            ),
          ],
          [increase(d, 1)],
        ),
      ]),
    ]),
  ];
});

let module: WebAssembly.Module | undefined;

/** A new instance with a memory of its own. */
export function createFlowKernels(): FlowKernels {
  module ??= new WebAssembly.Module(assemble([takeable, pushOn, pushToNeighbours, plantTrees, growTrees]));
  return new WebAssembly.Instance(module).exports as FlowKernels;
}
