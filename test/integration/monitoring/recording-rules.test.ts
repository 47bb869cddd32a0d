import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { BURN_WINDOWS, recordedNames } from '../../../src/monitoring/recording/recording-rules.ts';
import { repository } from '../../cluster/paths.ts';
import { promtool } from './promtool.ts';

const FILE = path.join(repository, 'manifests/monitoring/recording-rules.yaml');
const NAMES = BURN_WINDOWS.map(recordedNames);
/** Hours for which the counters have run when the rules are looked at: longer than the longest window. */
const HOURS = 80;

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'recording-rules-'));
});
afterAll(() => rm(directory, { recursive: true }));

function of(name: string, labels = ''): string {
  return `${name}{namespace="weddings",presencecluster="wedsync"${labels === '' ? '' : `,${labels}`}}`;
}

/** A pod that sends one hidden change per second: of 100, two are late by the bound of 2 s, and four by that of 0.5 s. One is lost. */
function podSeries(pod: string, two: string, half: string): Record<string, string> {
  const labels = `pod="${pod}"`;
  const perHour = (share: number): string => `0+${3600 * share}x${HOURS}`;
  return {
    [of('presence_canary_seconds_count', labels)]: perHour(0.99),
    [of('presence_canary_seconds_bucket', `${labels},le="${half}"`)]: perHour(0.95),
    [of('presence_canary_seconds_bucket', `${labels},le="${two}"`)]: perHour(0.97),
    [of('presence_canary_seconds_bucket', `${labels},le="+Inf"`)]: perHour(0.99),
    [of('presence_canary_lost_total', labels)]: perHour(0.01),
    [of('presence_joins_total', labels)]: perHour(9.9),
    [of('presence_failed_joins_total', `${labels},code="internal"`)]: perHour(0.06),
    [of('presence_failed_joins_total', `${labels},code="unavailable"`)]: perHour(0.04),
  };
}

interface Spec {
  readonly within: string;
  readonly updates?: string;
}

/** What the operator reports of the spec. */
function specSeries({ within, updates = `0.999x${HOURS}` }: Spec): Record<string, string> {
  return {
    [of('presence_slo_within_seconds')]: within,
    [of('presence_slo_objective_ratio', 'objective="updates"')]: updates,
    [of('presence_slo_objective_ratio', 'objective="joins"')]: `0.9995x${HOURS}`,
  };
}

interface Expected {
  readonly expr: string;
  /** By objective; an objective that is left out has no sample. */
  readonly values: Readonly<Record<string, number>>;
}

/** Looks at the last hour; empty when all is as expected. */
async function look(series: Record<string, string>, expected: readonly Expected[]): Promise<string> {
  const samples = ({ values }: Expected): object[] =>
    Object.entries(values).map(([objective, value]) => ({ labels: `{objective="${objective}"}`, value }));
  const test = {
    rule_files: [FILE],
    evaluation_interval: '1h',
    tests: [
      {
        interval: '1h',
        input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
        promql_expr_test: expected.map((each) => ({
          // Four digits: rates are floating-point numbers.
          expr: `round(sum by (objective) (${each.expr}), 0.0001)`,
          eval_time: `${HOURS}h`,
          exp_samples: samples(each),
        })),
      },
    ],
  };
  const file = path.join(directory, 'test.json');
  await writeFile(file, JSON.stringify(test));
  const { code, printed } = await promtool(['test', 'rules', file], directory);
  return code === 0 ? '' : printed;
}

/** The windows that hold at least two samples of an hour. */
const LONG = [recordedNames('6h'), recordedNames('3d')];
const PODS = { ...podSeries('a', '2', '0.5'), ...podSeries('b', '2', '0.5') };

it('are rules that promtool takes', async () => {
  const checked = await promtool(['check', 'rules', '--lint=all', '--lint-fatal', FILE], directory);
  expect(checked).toMatchObject({ code: 0 });
  expect(checked.printed).toContain(`${5 * BURN_WINDOWS.length} rules found`);
  expect(new Set(NAMES.flatMap(Object.values)).size).toBe(3 * BURN_WINDOWS.length);
});

it('record events, failures and burn rates of all pods, by what the spec calls in time', async () => {
  const expected = (late: number): Expected[] =>
    LONG.flatMap(({ events, failures, burnRate }) => [
      { expr: events, values: { joins: 20, updates: 2 } },
      { expr: failures, values: { joins: 0.2, updates: 2 * (late + 0.01) } },
      { expr: burnRate, values: { joins: 20, updates: (late + 0.01) * 1000 } },
    ]);
  expect(await look({ ...PODS, ...specSeries({ within: `2x${HOURS}` }) }, expected(0.02))).toBe('');
  expect(await look({ ...PODS, ...specSeries({ within: `0.5x${HOURS}` }) }, expected(0.04))).toBe('');
});

it('read the bounds as Prometheus 3 writes them', async () => {
  const series = { ...podSeries('a', '2.0', '0.5'), ...specSeries({ within: `2x${HOURS}` }) };
  const expected = LONG.map(({ failures }) => ({ expr: failures, values: { joins: 0.1, updates: 0.03 } }));
  expect(await look(series, expected)).toBe('');
});

it('go on for a day without an operator, and take what a new one reports before what an old one did', async () => {
  const gone = specSeries({ within: '2x70 _x10', updates: '0.999x70 _x10' });
  const expected: Expected[] = LONG.map(({ burnRate }) => ({
    expr: `${burnRate}{objective="updates"}`,
    values: { updates: 30 },
  }));
  expect(await look({ ...PODS, ...gone }, expected)).toBe('');
  const old = {
    'presence_slo_within_seconds{namespace="weddings",presencecluster="wedsync",pod="old"}': '5x70 _x10',
  };
  expect(await look({ ...PODS, ...specSeries({ within: `2x${HOURS}` }), ...old }, expected)).toBe('');
});

it('record no burn rate where nothing happened', async () => {
  const quiet = Object.fromEntries(Object.keys(PODS).map((name) => [name, `7x${HOURS}`]));
  const expected: Expected[] = LONG.flatMap(({ events, burnRate }) => [
    { expr: events, values: { joins: 0, updates: 0 } },
    { expr: burnRate, values: {} },
  ]);
  expect(await look({ ...quiet, ...specSeries({ within: `2x${HOURS}` }) }, expected)).toBe('');
});

it('promtool finds a wrong expectation', async () => {
  const expected = [{ expr: recordedNames('6h').events, values: { joins: 1 } }];
  expect(await look({ ...PODS, ...specSeries({ within: `2x${HOURS}` }) }, expected)).toContain('FAILED');
});
