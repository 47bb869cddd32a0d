import { describe, expect, it } from 'vitest';
import { clockUses, impurities } from './purity.ts';
import { isTest, sourceFiles } from './source-files.ts';

describe('src/domain', () => {
  it('has no clock, chance, I/O, asynchrony or state', () => {
    const files = sourceFiles('src/domain').filter((file) => !isTest(file));
    expect(files.length).toBeGreaterThan(0);
    const offences = files.flatMap((file) =>
      impurities(file.text).map((offence) => `${file.path}: ${offence}`),
    );
    expect(offences).toEqual([]);
  });
});

describe('the purity check', () => {
  it.each([
    ['const now = Date.now();', ['Date.now']],
    ["const now = Date['now']();", ['Date.now']],
    ['const clock = Date.now;', ['Date.now']],
    ['const now = new Date();', ['new Date()']],
    ['const now = new Date;', ['new Date()']],
    ['const now = Date();', ['Date()']],
    ["import { TZDate } from '@date-fns/tz'; const now = new TZDate();", ['new TZDate()']],
    [
      "import { TZDate } from '@date-fns/tz'; const now = TZDate.tz('Europe/London');",
      ['TZDate.tz(zone) without a time'],
    ],
    ["import { isToday as today } from 'date-fns';", ['isToday reads the clock']],
    ["import { formatDistanceToNow } from 'date-fns';", ['formatDistanceToNow reads the clock']],
    ['const x = Math.random();', ['Math.random']],
    ['const zone = process.env.TZ;', ['process']],
    ['const zone = globalThis.process;', ['globalThis']],
    ['const today = Temporal.Now.plainDateISO();', ['Temporal.Now']],
    ['setTimeout(() => {}, 1);', ['setTimeout']],
    ['export async function f() {}', ['async function']],
    ['const f = async () => 1;', ['async function']],
    ['class A { async f() {} }', ['async function']],
    ['const o = { async f() {} };', ['async function']],
    ['export const later = Promise.resolve(1);', ['Promise']],
    ["export const later = import('./x.ts');", ['import()']],
    ['let calls = 0;', ['state of the module (let or var)']],
    ['export let calls = 0;', ['state of the module (let or var)']],
  ])('finds %s', (text, offences) => {
    expect(impurities(text)).toEqual(offences);
  });

  it.each([
    'export const day = (at: Date): Date => new Date(at.getTime() + 1);',
    "import { TZDate } from '@date-fns/tz'; export const local = (at: number) => TZDate.tz('Europe/London', at);",
    "import { addDays, startOfDay } from 'date-fns';",
    'export const day = (text: string) => Temporal.PlainDate.from(text);',
    '// Date.now() in a comment',
    "export const text = 'Date.now() in a text';",
    'export function f(process: { env: string }) { return process.env; }',
    'export const o = { process: 1, fetch: 2 };',
    'export const g = (o: { fetch: number }) => o.fetch;',
    'export function sum(values: number[]) { let total = 0; for (const v of values) total += v; return total; }',
  ])('lets %s pass', (text) => {
    expect(impurities(text)).toEqual([]);
  });
});

describe('src/platform and src/operator', () => {
  it('know the time by a Clock alone; runtime/clock.ts is the one that asks the machine', () => {
    const files = ['src/platform', 'src/operator'].flatMap(sourceFiles).filter((file) => !isTest(file));
    const users = files.filter((file) => clockUses(file.text).length > 0).map((file) => file.path);
    expect(users).toEqual(['src/platform/runtime/clock.ts']);
  });

  it.each([
    ['const at = Date.now();', ['Date.now']],
    ['const at = new Date();', ['new Date()']],
    ['setTimeout(() => {}, 1);', ['setTimeout']],
    ['const from = performance.now();', ['performance']],
    ['const signal = AbortSignal.timeout(5);', ['AbortSignal.timeout']],
    ['clock.setTimeout(() => {}, 1); const at = new Date(0); Math.random();', []],
  ])('would be found by the check: %s', (text, offences) => {
    expect(clockUses(text)).toEqual(offences);
  });
});
