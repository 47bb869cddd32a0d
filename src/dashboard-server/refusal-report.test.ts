import { Registry } from 'prom-client';
import { beforeEach, expect, it } from 'vitest';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { createLogger } from '../platform/telemetry/log.ts';
import { RefusalReport } from './refusal-report.ts';

let clock: ManualClock;
let registry: Registry;
let lines: Record<string, unknown>[];
let report: RefusalReport;

beforeEach(() => {
  clock = new ManualClock();
  registry = new Registry();
  lines = [];
  const destination = { write: (line: string) => void lines.push(JSON.parse(line)) };
  report = new RefusalReport({
    clock,
    registry,
    log: createLogger({ name: 'test', level: 'info', destination }),
  });
});

it('counts each refusal, and logs one line in ten seconds for each status', async () => {
  for (let index = 0; index < 100; index += 1) report.refused(401, 'no token');
  report.refused(403, 'ann may not list');
  await clock.advance(10_000);
  report.refused(401, 'no token');
  expect(lines.map(({ code, because, notLogged }) => [code, because, notLogged])).toEqual([
    [401, 'no token', 0],
    [403, 'ann may not list', 0],
    [401, 'no token', 99],
  ]);
  const text = await registry.metrics();
  expect(text).toContain('presence_dashboard_refusals_total{code="401"} 101');
  expect(text).toContain('presence_dashboard_refusals_total{code="403"} 1');
});

it('counts and logs reviews that failed, by kind', async () => {
  report.reviewFailed('TokenReview', 'connection refused');
  report.reviewFailed('TokenReview', 'connection refused');
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatchObject({ level: 'warn', review: 'TokenReview', because: 'connection refused' });
  expect(await registry.metrics()).toContain(
    'presence_dashboard_review_failures_total{review="TokenReview"} 2',
  );
});

it('writes only the beginning of a long reason', () => {
  report.refused(403, 'x'.repeat(100_000));
  expect(JSON.stringify(lines[0]).length).toBeLessThan(1000);
});
