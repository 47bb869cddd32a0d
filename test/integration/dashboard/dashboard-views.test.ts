import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/platform/runtime/clock.ts';
import { ShiftedClock } from '../../support/shifted-clock.ts';
import { startChromium } from '../client/chromium.ts';
import { type InstalledKinds, startWithKinds } from '../installed-kinds.ts';
import { applyRecorded, pageScript, type RunningDashboard, startDashboard } from './dashboard-world.ts';
import { HOSTILE } from './hostile-objects.ts';
import { EVENING, RECORDED } from './wedding-evening.ts';

/** Chromium and programs may have to be fetched and compiled first. */
const START_MS = 600_000;
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** The views, each with a text that is there once its data is. */
const VIEWS = [
  ['fleet', '#/', '2 weddings on'],
  ['cluster', '#/weddings/wedsync', 'ceil(4 × 3 (June) × 2'],
  ['calendar', '#/weddings/wedsync/calendar', 'Every period has enough open time.'],
  ['what-if', '#/weddings/wedsync/what-if', 'Plan for'],
  ['wedding', '#/weddings/wedsync/weddings/ada-and-grace', 'Expected crew'],
] as const;

let kinds: InstalledKinds;
let script: Uint8Array;
let browser: Browser;
let dashboard: RunningDashboard;
const opened: Page[] = [];

beforeAll(async () => {
  kinds = await startWithKinds();
  await applyRecorded(kinds.client, [...RECORDED, ...HOSTILE]);
  script = await pageScript();
  browser = await startChromium();
  // It stands, a second after the last record: what the views show would change with each minute that this file takes.
  const clock = new ShiftedClock(EVENING.getTime() + 1_000 - Date.now(), { stands: true });
  dashboard = await startDashboard(kinds, clock, script);
}, START_MS);

afterEach(async () => {
  for (const page of opened.splice(0)) await page.context().close();
});

afterAll(async () => {
  await browser?.close();
  await dashboard?.stop();
  await kinds?.stop();
}, START_MS);

interface Opened {
  page: Page;
  /** What the browser complained of: errors, and violations of the policy. */
  complaints: string[];
}

interface Looks {
  colorScheme?: 'light' | 'dark';
  width?: number;
  /** The time on the page. */
  time?: Date;
}

async function open(url: string, { colorScheme = 'light', width = 1280, time }: Looks = {}): Promise<Opened> {
  const context = await browser.newContext({
    colorScheme,
    viewport: { width, height: 900 },
    timezoneId: 'Europe/Berlin',
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', ({ message }) => complaints.push(message));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  if (time !== undefined) await page.clock.install({ time });
  await page.goto(url);
  opened.push(page);
  return { page, complaints };
}

const go = (page: Page, fragment: string): Promise<unknown> => page.evaluate(`location.hash = '${fragment}'`);
const textIn = async (part: Locator): Promise<string> => (await part.textContent()) ?? '';
const textOf = (page: Page): Promise<string> => textIn(page.locator('main'));

/** What axe finds and calls serious or worse. */
async function seriousFindings(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  return page.evaluate(
    `axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => id + ': ' + nodes.slice(0, 3).map(({ html }) => html).join(' ')))`,
  );
}

describe('every view', () => {
  it.each([
    ['light', 400],
    ['light', 1920],
    ['dark', 400],
    ['dark', 1920],
  ] as const)('is whole in %s at %i pixels, without a serious finding of axe', async (colorScheme, width) => {
    const { page, complaints } = await open(dashboard.url, { colorScheme, width, time: EVENING });
    for (const [name, fragment, text] of VIEWS) {
      await go(page, fragment);
      await expect.poll(() => textOf(page)).toContain(text);
      expect(await seriousFindings(page), name).toEqual([]);
      expect(
        await page.evaluate('document.documentElement.scrollWidth - innerWidth'),
        name,
      ).toBeLessThanOrEqual(0);
    }
    await go(page, '#/weddings/wedsync/calendar');
    await page.getByRole('button', { name: 'Week' }).click();
    await expect.poll(() => textOf(page)).toContain('Saturday 5 June');
    expect(await seriousFindings(page), 'week').toEqual([]);
    expect(complaints).toEqual([]);
  });

  it('shows what the objects say, on their clocks and on those of the reader', async () => {
    const { page } = await open(dashboard.url, { time: EVENING });
    const line = page.locator('.line', { hasText: 'wedsync' });
    for (const expected of [
      /23 of 24 pods.*2 weddings on.*48 people/,
      /12 pods at 20:00.*\(21:00 here\)/,
      /Frozen until Sun 6 Jun 05:00.*\(Sun 6 Jun 06:00 here\)/,
    ])
      await expect.poll(() => textIn(line)).toMatch(expected);
    await line.getByRole('link').click();
    const main = (): Promise<string> => textOf(page);
    await expect.poll(main).toContain('wedsync-redis-1-0 → wedsync-redis-1-1');
    await expect.poll(main).toContain('spec.containers[presence].image');
    await expect.poll(main).toContain('12 → 24 presence pods: the peak begins.');
    await expect.poll(() => textIn(page.locator('.reading'))).toMatch(/24 wanted · 23 there/);
    // The record of the operator, out of its ConfigMap.
    await page.getByRole('slider', { name: 'Time to look at' }).fill('10');
    await expect
      .poll(() => textIn(page.locator('.reading')))
      .toMatch(/12 wanted · 12 there · \d+ connections/);
    const shards = page.locator('.shards tbody tr');
    await expect.poll(() => textIn(shards.nth(1))).toMatch(/1\s*replica.*primary/);
  });

  it('shows one wedding: times, crew, protection, its hour, and the way to the others', async () => {
    const { page } = await open(dashboard.url, { time: EVENING });
    await go(page, '#/weddings/wedsync');
    await page.getByRole('link', { name: 'ada-and-grace' }).click();
    const main = (): Promise<string> => textOf(page);
    await expect.poll(main).toMatch(/on now.*Sat 5 Jun 14:30/);
    const panel = (title: string) =>
      textIn(page.locator('.panel', { has: page.getByRole('heading', { name: title, exact: true }) }));
    expect(await panel('Expected crew')).toMatch(/photographer.*GET \/v1\/weddings\/ada-and-grace\/presence/);
    expect(await panel('Protection')).toMatch(/Frozen from .* until Sun 6 Jun 05:00/);
    await page.getByRole('link', { name: 'ben-and-chloe' }).click();
    await expect.poll(() => textIn(page.getByRole('heading', { level: 1 }))).toBe('ben-and-chloe');
    await go(page, '#/weddings/wedsync/weddings/nobody');
    await expect.poll(() => textIn(page.getByRole('status'))).toContain('serves no Wedding nobody');
  });

  it('answers for another time as explain does', async () => {
    const { page } = await open(dashboard.url, { time: EVENING });
    await go(page, '#/weddings/wedsync/what-if');
    await page.getByLabel(/Time in Europe/).fill('2027-06-07T10:00');
    await page.clock.runFor(1000);
    await expect.poll(() => textIn(page.locator('.explanation'))).toMatch(/12 pods.*No freeze is on/);
  });

  it('is used with the keyboard alone', async () => {
    const { page } = await open(dashboard.url, { time: EVENING });
    await page.getByRole('searchbox').focus();
    await page.keyboard.type('wedsync');
    await expect.poll(() => page.locator('.line').count()).toBe(1);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await expect.poll(() => textOf(page)).toContain('Held changes');
    const pointer = page.getByRole('slider', { name: 'Time to look at' });
    await pointer.focus();
    await page.keyboard.press('Home');
    const reading = () => textIn(page.locator('.reading'));
    await expect.poll(reading).toMatch(/^Sat 5 Jun 06:20/);
    // The plot is drawn again, as after each change.
    const width = () => page.locator('.plot canvas').getAttribute('width');
    const before = await width();
    await page.setViewportSize({ width: 700, height: 900 });
    await expect.poll(width).not.toBe(before);
    expect(await reading()).toMatch(/^Sat 5 Jun 06:20/);
  });

  it('shows a change of an object without a reload', async () => {
    const { page } = await open(dashboard.url, { time: EVENING });
    const line = page.locator('.line', { hasText: 'auckland' });
    await expect.poll(() => textIn(line)).toContain('6 of 6 pods');
    await applyRecorded(kinds.client, [changedAuckland(5)]);
    await expect.poll(() => textIn(line)).toContain('5 of 6 pods');
    await applyRecorded(kinds.client, [changedAuckland(6)]);
    await expect.poll(() => textIn(line)).toContain('6 of 6 pods');
  });
});

function changedAuckland(readyReplicas: number) {
  const found = RECORDED.find(({ object }) => object.metadata.name === 'auckland');
  if (found?.status === undefined) throw new Error('auckland is not recorded');
  return { ...found, status: { ...found.status, presence: { replicas: 6, readyReplicas } } };
}

describe('hostile objects', () => {
  it('run nothing and break nothing, in every view', async () => {
    const now = await startDashboard(kinds, systemClock, script);
    try {
      const { page, complaints } = await open(now.url, { width: 400 });
      await expect.poll(() => page.locator('.line', { hasText: 'planted' }).count()).toBe(1);
      for (const [fragment, text] of [
        ['#/hostile/planted', 'more are not shown'],
        ['#/hostile/planted/calendar', 'very-long-'],
        ['#/hostile/planted/what-if', 'Plan for'],
        [`#/hostile/planted/weddings/${'very-long-'.repeat(20)}0`, '19 more are not shown'],
        ['#/hostile/no-such-zone', 'UnknownTimeZone'],
        ['#/', 'planted'],
      ] as const) {
        await go(page, fragment);
        await expect.poll(() => textOf(page)).toContain(text);
        for (const element of await page.locator('summary').all()) await element.click();
        expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(
          0,
        );
        expect(await page.locator('main img, main script').count()).toBe(0);
      }
      expect(await page.evaluate('globalThis.planted')).toBeUndefined();
      expect(complaints).toEqual([]);
    } finally {
      await now.stop();
    }
  });
});

describe('degraded states', () => {
  it('says which kinds the user may not read, and shows the rest', async () => {
    const rights = (kind: string, extra: Record<string, unknown>) => ({
      object: { apiVersion: 'rbac.authorization.k8s.io/v1', kind, metadata: { name: 'looks' }, ...extra },
    });
    await applyRecorded(kinds.client, [
      rights('ClusterRole', {
        rules: [
          { apiGroups: ['presence.wedsync.io'], resources: ['presenceclusters'], verbs: ['list', 'watch'] },
        ],
      }),
      rights('ClusterRoleBinding', {
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'looks' },
        subjects: [{ kind: 'User', name: 'visitor', apiGroup: 'rbac.authorization.k8s.io' }],
      }),
    ]);
    const visitor = await startDashboard(kinds, systemClock, script, 'visitor');
    try {
      const { page } = await open(visitor.url);
      const status = page.getByRole('status');
      await expect.poll(() => textIn(status)).toContain('You may not read Wedding objects');
      await expect.poll(() => textOf(page)).toContain('wedsync');
    } finally {
      await visitor.stop();
    }
  });

  it('says how old the data is when the API server or the dashboard is away', async () => {
    const own = await startDashboard(kinds, systemClock, script);
    const { page } = await open(own.url, { time: new Date() });
    const status = page.getByRole('status');
    await expect.poll(() => textOf(page)).toContain('wedsync');
    await expect.poll(() => textIn(status)).toContain('The operator has not confirmed');
    await kinds.server.stopServer();
    await expect.poll(() => textIn(status), { timeout: 90_000 }).toContain('API server does not answer');
    expect(await textOf(page)).toContain('wedsync');
    await own.stop();
    await page.clock.runFor(30_000);
    await expect
      .poll(() => textIn(status))
      .toMatch(/No connection to the dashboard server: what you see is \d+ \S+ old/);
  });
});
