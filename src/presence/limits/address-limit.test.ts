import { expect, it } from 'vitest';
import { AddressLimit } from './address-limit.ts';

it('bounds the connections of each address, and forgets an address without any', () => {
  const limit = new AddressLimit(2);
  const first = limit.open('203.0.113.7');
  const second = limit.open('203.0.113.7');
  expect([limit.admits('203.0.113.7'), limit.admits('203.0.113.8'), limit.size]).toEqual([false, true, 1]);
  first();
  expect(limit.admits('203.0.113.7')).toBe(true);
  second();
  expect(limit.size).toBe(0);
});

it('bounds and counts nothing without a maximum', () => {
  const limit = new AddressLimit(undefined);
  const release = limit.open('203.0.113.7');
  expect([limit.admits('203.0.113.7'), limit.size]).toEqual([true, 0]);
  release();
});
