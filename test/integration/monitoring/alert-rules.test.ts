import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { Rule } from '../../../src/monitoring/alerts/alert.ts';
import { ALERT_GROUPS } from '../../../src/monitoring/alerts/alert-rules.ts';
import { repository } from '../../cluster/paths.ts';
import { ALERT_CASES, type AlertCase, burns } from './alert-cases.ts';
import { promtool } from './promtool.ts';

const ALERTS = ALERT_GROUPS.flatMap(({ alerts }) => alerts);
const FILE = path.join(repository, 'manifests/monitoring/alerts.yaml');
const RULES: Rule[] = parse(readFileSync(FILE, 'utf8')).groups.flatMap(
  ({ rules }: { rules: Rule[] }) => rules,
);

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'alert-rules-'));
});
afterAll(() => rm(directory, { recursive: true }));

interface Expected {
  at: string;
  /** Labels of the alert that fires; undefined: none. */
  fires: Readonly<Record<string, string>> | undefined;
}

/** Series, and what is seen of one alert with them. */
interface Look {
  alert: string;
  series: Readonly<Record<string, string>>;
  expected: readonly Expected[];
}

/** One test of promtool. It compares labels alone: annotations hold numbers that are not promised. */
function toTest({ alert, series, expected }: Look): object {
  const severity = ALERTS.find((each) => each.alert === alert)?.severity;
  const firing = (labels: object): string => {
    const all = Object.entries({ alertname: alert, alertstate: 'firing', severity, ...labels });
    return `ALERTS{${all.map(([label, value]) => `${label}="${value}"`).join(',')}}`;
  };
  return {
    interval: '1m',
    input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
    promql_expr_test: expected.map(({ at, fires }) => ({
      expr: `ALERTS{alertname="${alert}",alertstate="firing"}`,
      eval_time: at,
      exp_samples: fires === undefined ? [] : [{ labels: firing(fires), value: 1 }],
    })),
  };
}

/**
 * What promtool finds wrong; empty when all is as expected. Each test loads the rule of its alert alone: with all of them it would take
 * many times as long.
 */
async function testRules(looks: readonly Look[]): Promise<string> {
  const files: string[] = [];
  for (const [alert, found] of Map.groupBy(looks, (look) => look.alert)) {
    const rules = RULES.filter((rule) => rule.alert === alert);
    await writeFile(
      path.join(directory, `${alert}.rules`),
      JSON.stringify({ groups: [{ name: 'a', rules }] }),
    );
    const test = { rule_files: [`${alert}.rules`], evaluation_interval: '1m', tests: found.map(toTest) };
    await writeFile(path.join(directory, `${alert}.json`), JSON.stringify(test));
    files.push(`${alert}.json`);
  }
  const { code, printed } = await promtool(['test', 'rules', ...files], directory);
  return code === 0 ? '' : printed;
}

/** What is looked at for one alert: it fires with its fault, not too soon, and not without its fault. */
function looksAt(alert: string, { fires, at, labels, quiet, notYetAt }: AlertCase): Look[] {
  const tooSoon = notYetAt === undefined ? [] : [{ at: notYetAt, fires: undefined }];
  return [
    { alert, series: fires, expected: [{ at, fires: labels }, ...tooSoon] },
    ...quiet.map((instead) => {
      return { alert, series: replaced(fires, instead), expected: [{ at, fires: undefined }] };
    }),
  ];
}

/** `presence_cluster_info` of another mode takes the place of the one that there was. */
function replaced(series: AlertCase['fires'], instead: AlertCase['fires']): AlertCase['fires'] {
  const isInfo = (name: string): boolean => name.startsWith('presence_cluster_info');
  const isReplaced = Object.keys(instead).some(isInfo);
  const kept = Object.entries(series).filter(([name]) => !(isReplaced && isInfo(name)));
  return { ...Object.fromEntries(kept), ...instead };
}

it('has a case for each alert, of rules that promtool takes', async () => {
  expect(await promtool(['check', 'rules', '--lint=all', '--lint-fatal', FILE], directory)).toMatchObject({
    code: 0,
  });
  expect(Object.keys(ALERT_CASES).sort()).toEqual(ALERTS.map(({ alert }) => alert).sort());
});

it('each alert fires with its fault, not before it has lasted, and not without it', async () => {
  const looks = Object.entries(ALERT_CASES).flatMap(([alert, found]) => looksAt(alert, found));
  expect(await testRules(looks)).toBe('');
});

it('a freeze silences what has to wait for its end, and nothing else', async () => {
  const frozen = { 'presence_cluster_frozen{namespace="weddings",presencecluster="wedsync"}': '1x250' };
  const looks = ALERTS.map(({ alert, waitsFor }): Look => {
    const { fires, at, labels } = ALERT_CASES[alert] as AlertCase;
    const expected = [{ at, fires: waitsFor === undefined ? labels : undefined }];
    return { alert, series: { ...fires, ...frozen }, expected };
  });
  expect(await testRules(looks)).toBe('');
  const other = { 'presence_cluster_frozen{namespace="weddings",presencecluster="other"}': '1x250' };
  const ofOther = ALERTS.filter(({ waitsFor }) => waitsFor === 'FreezeOfCluster').map(({ alert }): Look => {
    const { fires, at, labels } = ALERT_CASES[alert] as AlertCase;
    return { alert, series: { ...fires, ...other }, expected: [{ at, fires: labels }] };
  });
  expect(ofOther.length).toBeGreaterThan(3);
  expect(await testRules(ofOther)).toBe('');
});

it('a replica without a link fires as one that lags, and an operator without any series as one without a leader', async () => {
  const link =
    'presence_redis_replica_link_up{namespace="weddings",presencecluster="wedsync",pod="r",shard="0"}';
  const labels = { namespace: 'weddings', presencecluster: 'wedsync', pod: 'r' };
  expect(
    await testRules([
      {
        alert: 'PresenceRedisReplicaLags',
        series: { [link]: '0x60' },
        expected: [{ at: '6m', fires: labels }],
      },
      { alert: 'PresenceOperatorHasNoLeader', series: {}, expected: [{ at: '3m', fires: {} }] },
    ]),
  ).toBe('');
});

it('an error budget that burns for six hours fires as a fast burn, and one of whose windows is over fires not', async () => {
  const alert = 'PresenceErrorBudgetBurnsFast';
  const { fires, at, labels } = ALERT_CASES[alert] as AlertCase;
  const rates = (hours: number, minutes: number): Look['series'] => ({
    ...fires,
    ...burns({ '5m': 0, '30m': minutes, '1h': 0, '6h': hours }),
  });
  expect(
    await testRules([
      { alert, series: rates(5.6, 5.6), expected: [{ at, fires: labels }] },
      { alert, series: rates(5.6, 5.5), expected: [{ at, fires: undefined }] },
      { alert, series: rates(5.5, 5.6), expected: [{ at, fires: undefined }] },
    ]),
  ).toBe('');
});

it('promtool finds a wrong expectation', async () => {
  const fires = { namespace: 'weddings', presencecluster: 'wedsync' };
  expect(
    await testRules([{ alert: 'PresenceClusterNotReady', series: {}, expected: [{ at: '6m', fires }] }]),
  ).toContain('FAILED');
});
