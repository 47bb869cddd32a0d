/** `node test/pictures/main.ts` makes the pictures of the dashboard for the docs, of the recorded evening of the integration test. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { repository } from '../cluster/paths.ts';
import { startChromium } from '../integration/client/chromium.ts';
import { applyRecorded, pageScript, startDashboard } from '../integration/dashboard/dashboard-world.ts';
import { EVENING, RECORDED } from '../integration/dashboard/wedding-evening.ts';
import { startWithKinds } from '../integration/installed-kinds.ts';
import { ShiftedClock } from '../support/shifted-clock.ts';

/** Name, fragment of the address, a text that is there once its data is, colours, width and height. */
const PICTURES = [
  ['dashboard-fleet', '#/', '2 weddings on', 'dark', 1280, 560],
  ['dashboard-cluster', '#/weddings/wedsync', '23 there', 'dark', 1280, 1000],
  [
    'dashboard-calendar',
    '#/weddings/wedsync/calendar',
    'Every period has enough open time.',
    'light',
    1280,
    920,
  ],
  ['dashboard-phone', '#/', '2 weddings on', 'light', 400, 860],
] as const;

const kinds = await startWithKinds();
try {
  await applyRecorded(kinds.client, RECORDED);
  const clock = new ShiftedClock(EVENING.getTime() - Date.now());
  const dashboard = await startDashboard(kinds, clock, await pageScript());
  const browser = await startChromium();
  for (const [name, fragment, text, colorScheme, width, height] of PICTURES) {
    const viewport = { width, height };
    const context = await browser.newContext({ colorScheme, viewport, timezoneId: 'Europe/Berlin' });
    const page = await context.newPage();
    await page.clock.install({ time: EVENING });
    await page.goto(dashboard.url);
    await page.evaluate(`location.hash = '${fragment}'`);
    await page.getByText(text).first().waitFor();
    // The record of pods comes a moment after the rest.
    await page.waitForLoadState();
    await writeFile(path.join(repository, 'docs/images', `${name}.png`), await page.screenshot());
    await context.close();
  }
  await browser.close();
  await dashboard.stop();
} finally {
  await kinds.stop();
}
