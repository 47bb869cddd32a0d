import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { runCli } from '../../../test/support/run-cli.ts';
import { objectName } from '../../api/schema/fields.ts';
import { overrideName } from '../context/override-request.ts';

const SAMPLE = fileURLToPath(
  new URL('../../../manifests/samples/requests/rollout-override.yaml', import.meta.url),
);
const CREATED = '2027-06-05T20:00:00Z';
const NOW = new Date('2027-06-05T20:30:00Z');

const override = (name: string, change: { metadata?: object; spec?: object; status?: object } = {}) => ({
  apiVersion: 'presence.wedsync.io/v1alpha1',
  kind: 'RolloutOverride',
  metadata: { name, namespace: 'weddings', creationTimestamp: CREATED, ...change.metadata },
  spec: {
    presenceClusterName: 'wedsync',
    reason: 'the signing key leaked',
    ticket: 'OPS-1234',
    requestedBy: 'ada@example.org',
    expiresAt: '2027-06-05T21:00:00Z',
    ...change.spec,
  },
  ...(change.status === undefined ? {} : { status: change.status }),
});

const active = (status: 'True' | 'False', reason: string, message: string) => ({
  conditions: [{ type: 'Active', status, reason, message, lastTransitionTime: CREATED }],
});
const OPEN = active('True', 'Open', 'Opens Rollout.');

async function list(objects: object[], ...args: string[]) {
  const stdin = objects.map((object) => JSON.stringify(object)).join('\n---\n');
  return runCli(['override', 'list', '-f', '-', ...args], { stdin, now: NOW });
}

describe('override list', () => {
  it('says of each who, why, until when, and whether it is active', async () => {
    const { stdout, stderr } = await list([override('open', { status: OPEN })], '-o', 'json');
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual({
      overrides: [
        {
          namespace: 'weddings',
          name: 'open',
          presenceCluster: 'wedsync',
          requestedBy: 'ada@example.org',
          ticket: 'OPS-1234',
          reason: 'the signing key leaked',
          scope: ['Rollout'],
          until: '2027-06-05T21:00:00Z',
          active: 'True',
          because: 'Opens Rollout.',
        },
      ],
    });
  });

  it.each<[string, Parameters<typeof override>[1], string, string]>([
    ['that the operator has not seen', {}, 'Unknown', '2027-06-05T21:00:00Z'],
    [
      'that has ended, although its status is older',
      { spec: { expiresAt: '2027-06-05T20:30:00Z' }, status: OPEN },
      'False',
      '2027-06-05T20:30:00Z',
    ],
    [
      'that asks for more than four hours',
      { spec: { expiresAt: '2027-06-07T00:00:00Z' }, status: OPEN },
      'True',
      '2027-06-06T00:00:00Z',
    ],
    [
      'that is being deleted',
      { metadata: { deletionTimestamp: CREATED }, status: OPEN },
      'False',
      '2027-06-05T21:00:00Z',
    ],
    [
      'that the operator refuses',
      { status: active('False', 'UnknownCluster', 'There is none.') },
      'False',
      '2027-06-05T21:00:00Z',
    ],
    [
      'that was never stored',
      { metadata: { creationTimestamp: undefined } },
      'Unknown',
      '2027-06-05T21:00:00Z',
    ],
  ])('knows one %s', async (_which, change, expected, until) => {
    const { stdout } = await list([override('one', change)], '-o', 'json');
    expect(JSON.parse(stdout)).toMatchObject({ overrides: [{ active: expected, until }] });
  });

  it('prints a table for people, of one PresenceCluster when that is named', async () => {
    const objects = [
      override('a', { spec: { scope: ['Delete', 'Evict'] }, status: OPEN }),
      override('b', { spec: { presenceClusterName: 'other' } }),
    ];
    const all = await list(objects);
    expect(all.stdout.split('\n')[0]).toMatch(/^OVERRIDE +FREEZE-OF +USER +TICKET +SCOPE +UNTIL +ACTIVE$/);
    expect(all.stdout).toMatch(/weddings\/a .*ada@example\.org .*OPS-1234 .*Delete,Evict .*21:00:00Z +True/);
    const changeFreeze = { presenceClusterName: undefined, changeFreezeName: 'weekend' };
    const other = await list([override('c', { spec: changeFreeze })], 'weekend');
    expect(other.stdout).toMatch(/weddings\/c +ChangeFreeze\/weekend /);
    expect((await list(objects, 'other')).stdout).not.toContain('weddings/a');
    expect((await list(objects, 'nobody')).stdout).toBe('No override.\n');
  });

  it('reads the sample', async () => {
    const { stdout, exitCode } = await runCli(['override', 'list', '-f', SAMPLE], { now: NOW });
    expect([exitCode, stdout]).toEqual([0, expect.stringContaining('weddings/ops-1234')]);
  });

  it('names what is wrong in a file', async () => {
    const broken = await list([override('one', { spec: { reason: 'fix', scpe: [] } })]);
    expect(broken.exitCode).toBe(1);
    expect(broken.stderr).toContain('spec.reason');
  });
});

describe('override create', () => {
  const create = (...args: string[]) => runCli(['override', 'create', 'wedsync', ...args]);
  const WHY = ['--reason', 'the signing key leaked', '--ticket', 'OPS-1234'];

  it.each([
    [['--ticket', 'OPS-1234'], '--reason'],
    [['--reason', 'the signing key leaked'], '--ticket'],
    [[...WHY, '--for', '4h1s'], '4h'],
    [[...WHY, '--for', '0m'], '--for'],
    [[...WHY, '--for', 'tomorrow'], '"tomorrow" is not a length'],
    [[...WHY, '--scope', 'Everything'], 'Rollout, ScaleIn, Delete, Evict'],
    [[...WHY, '-A'], '-n'],
    [[...WHY, '-f', SAMPLE], 'kubectl create -f'],
    [[...WHY, '-o', 'xml'], 'json'],
  ])('%j is wrong use, told before any cluster is asked', async (args, says) => {
    const result = await create(...args, '--kubeconfig', '/nonexistent/config');
    expect(result).toMatchObject({ exitCode: 2, stdout: '', stderr: expect.stringContaining(says) });
  });

  it('shows in its help how it is used', async () => {
    const { stdout, exitCode } = await runCli(['override', 'create', '--help']);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('kubectl presence override create wedsync -n weddings --reason');
    expect(stdout).toContain('breakglass');
  });

  it.each([
    ['OPS-1234', 'wedsync-ops-1234-20270605t203000z'],
    ['#42', 'wedsync-42-20270605t203000z'],
    ['???', 'wedsync-20270605t203000z'],
    [`https://tracker.example.org/${'x'.repeat(90)}/4711`, `wedsync-${'x'.repeat(35)}-4711-20270605t203000z`],
  ])('makes a name of the ticket %s', (ticket, expected) => {
    const name = overrideName({ target: { presenceClusterName: 'wedsync' }, ticket, from: NOW });
    expect(name).toBe(expected);
    expect(objectName.safeParse(name).success).toBe(true);
  });
});
