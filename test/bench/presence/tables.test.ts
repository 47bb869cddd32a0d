import { expect, it } from 'vitest';
import type { Row } from './rows.ts';
import { goalTable, tablesOf } from './tables.ts';

it('writes a table of Markdown a scenario, with as many cells in each line', () => {
  const caches = [{ cache: 'snapshot', hits: 999, misses: 1, stale: 0 }];
  const cold = [{ cache: 'snapshot', hits: 0, misses: 0, stale: 0 }];
  const row = { scenario: 'caches', cold, caches, drops: 3, lists: 4, failedLists: 0 } as unknown as Row;
  const lines = tablesOf([row]).trim().split('\n');
  expect(lines[0]).toBe('### caches of ours');
  const cells = lines.slice(2).map((line) => line.split('|').map((cell) => cell.trim()));
  expect(new Set(cells.map(({ length }) => length)).size).toBe(1);
  expect(cells[2]?.slice(1, 7)).toEqual(['snapshot', 'cold', '0', '0', '0', '-']);
  expect(cells[3]?.slice(1, 7)).toEqual(['snapshot', 'warm', '999', '1', '0', '99.9 %']);
});

it('writes the verdict of each goal', () => {
  const table = goalTable([{ goal: 'messages', wanted: 'at most 300', measured: '301', verdict: 'MISSED' }]);
  expect(table).toContain('| messages | at most 300 | 301      | MISSED |');
});
