import { describe, expect, test } from '@jest/globals';
import { contentTree, itemsOf, pathOf, TREE_LIMITS } from '../../src/sr-parser/tree.js';
import { container, group, LONG, number, reference, report, type JsonItem } from './made-report.js';

const FINDINGS = ['121070', 'DCM', 'Findings'] as const;

describe('the content tree', () => {
  test('paths count positions from 1, references included', () => {
    const tree = contentTree(report([group([reference(1, 1), number(LONG, 3)])]));
    const paths = [...itemsOf(tree.root)].map((item) => `${pathOf(item)} ${item.valueType}`);
    expect(paths).toEqual(['1 CONTAINER', '1.1 CONTAINER', '1.1.2 NUM']);
  });

  test('a reference gives its parent what it points to, a reference to a reference too', () => {
    const tree = contentTree(report([group([reference(1, 2, 1)]), group([reference(1, 3)]), group([number(LONG, 3)])]));
    const [first, second, third] = tree.root.children;
    expect(first?.referenced).toEqual([third]);
    expect(second?.referenced).toEqual([third]);
    expect(tree.findings).toEqual([]);
  });

  test.each([
    ['nothing there', [1, 9]],
    ['not from the root', [2, 1]],
    ['the item itself', [1, 1, 1]],
    ['what contains it', [1, 1]],
    ['the root', [1]],
    ['position 0', [1, 0]],
  ])('a reference to %s is dangling', (_, positions) => {
    const tree = contentTree(report([group([reference(...positions)])]));
    expect(tree.findings).toEqual([{ code: 'reference.dangling', detail: 1 }]);
    expect(tree.root.children[0]?.referenced).toEqual([]);
    expect(tree.root.children[0]?.hasDanglingReference).toBe(true);
  });

  test('a long chain of references ends where its last one points, for each of them', () => {
    const chain = Array.from({ length: 2_000 }, (_, i) => reference(1, 1, i + 2));
    const tree = contentTree(report([group([...chain, number(LONG, 3)])]));
    expect(tree.findings).toEqual([]);
    expect(new Set(tree.root.children[0]?.referenced)).toEqual(new Set(tree.root.children[0]?.children));
  });

  test('two references that point to each other are dangling', () => {
    const tree = contentTree(report([group([reference(1, 2, 1)]), group([reference(1, 1, 1)])]));
    expect(tree.findings).toEqual([{ code: 'reference.dangling', detail: 2 }]);
  });

  test('deeper than the bound is cut and said so', () => {
    let nested: JsonItem = group([number(LONG, 3)]);
    for (let depth = 0; depth < TREE_LIMITS.depth + 5; depth++) nested = container(FINDINGS, [nested]);
    const tree = contentTree(report([nested]));
    expect(tree.skipped).toHaveLength(1);
    expect(tree.skipped[0]?.reason).toBe('data-set-invalid');
    expect([...itemsOf(tree.root)]).toHaveLength(TREE_LIMITS.depth + 1);
  });

  test('more items than the bound are cut and said so, what came before is there', () => {
    const many = Array.from({ length: TREE_LIMITS.items }, () => ({}));
    const tree = contentTree(report([group([number(LONG, 3)]), container(FINDINGS, many)]));
    expect(tree.skipped).toEqual([{ reason: 'data-set-invalid', where: '1.2' }]);
    expect([...itemsOf(tree.root)].map(pathOf)).toEqual(['1', '1.1', '1.1.1', '1.2']);
  });
});
