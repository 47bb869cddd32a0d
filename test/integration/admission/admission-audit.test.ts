import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { API_VERSION } from '../../../src/api/schema/group.ts';
import { type AuditEvent, type AuditLog, makeAuditLog } from './audit-log.ts';
import { ROWS } from './freeze-table.ts';
import {
  type Call,
  JSON_PATCH,
  MERGE_PATCH,
  type PolicyServer,
  RELEASE,
  startPolicyServer,
} from './policy-server.ts';
import {
  ACTORS,
  CLUSTER,
  inSeconds,
  makeWorld,
  ours,
  RIGHTS,
  window,
  writeFreeze,
  writePhase,
} from './wedding-world.ts';

const HOUR = 3600;
const OVERRIDE = { name: 'incident', user: ACTORS.onCall.user, ticket: 'OPS-1234' };
const OPEN = 'override incident of on-call@example.org, ticket OPS-1234';
/** Where the API server writes what a policy with `Audit` among its actions has refused. */
const FAILURE = 'validation.policy.admission.k8s.io/validation_failure';

let server: PolicyServer;
let audit: AuditLog;

beforeAll(async () => {
  audit = await makeAuditLog();
  server = await startPolicyServer(RIGHTS, { flags: audit.flags });
  await makeWorld(server);
  await writeFreeze(server, {});
});

afterAll(async () => {
  await server?.stop();
  await audit?.remove();
});

/** The annotation `break-glass` of a policy on what the user on call asked for. */
const glassOf = (events: readonly AuditEvent[], rule: string): string[] =>
  events
    .filter(({ impersonatedUser }) => impersonatedUser?.username === ACTORS.onCall.user)
    .flatMap(
      ({ annotations }) => annotations?.[`${rule}.${RELEASE.name}.${RELEASE.namespace}/break-glass`] ?? [],
    );

const row = (start: string): Call => ROWS.find(({ action }) => action.startsWith(start))?.call as Call;

describe('the audit log of the API server', () => {
  it('says who broke the glass, why, until when, and for what', async () => {
    const spec = {
      presenceClusterName: CLUSTER,
      requestedBy: ACTORS.onCall.user,
      ticket: 'OPS-1234',
      reason: 'the signing key leaked',
      scope: ['Delete', 'Rollout'],
      expiresAt: inSeconds(HOUR),
    };
    const body = { apiVersion: API_VERSION, kind: 'RolloutOverride', metadata: { name: 'incident' }, spec };
    await audit.taken();
    await server.must(ACTORS.onCall, { method: 'POST', path: ours('rolloutoverrides'), body });
    expect(glassOf(await audit.taken(), 'overrides')).toEqual([
      `override of on-call@example.org for wedsync until ${spec.expiresAt}, ticket OPS-1234, opens Delete Rollout: the signing key leaked`,
    ]);
  });

  it.each([
    ['freeze-changes', 'Rollout', '`kubectl set image` on the presence'],
    ['freeze-changes', 'ScaleIn', 'lower `spec.replicas`'],
    ['clock-scale', 'ScaleIn', '`kubectl scale` of presence below'],
    ['clock-deletes', 'Delete', 'delete a presence pod'],
    ['clock-presenceclusters', 'Delete', 'delete the PresenceCluster'],
    ['clock-evictions', 'Evict', '`kubectl drain`: evict a Redis pod'],
  ])('has a line of %s for what an override with scope %s let through: %s', async (rule, scope, action) => {
    const call = { fieldManager: `audit-${scope}`, ...row(action), dryRun: true };
    const windows = [window(-HOUR, HOUR)];
    const overrides = [{ ...OVERRIDE, scope: [scope], from: inSeconds(-1), until: inSeconds(HOUR) }];
    await writeFreeze(server, { phase: 'Frozen', windows });
    await audit.taken();
    expect((await server.ask(ACTORS.onCall, call)).code).toBe(403);
    const [refused] = (await audit.taken()).filter(({ responseStatus }) => responseStatus.code === 403);
    expect(refused?.annotations?.[FAILURE]).toContain('weddings/wedsync is frozen until');
    await writeFreeze(server, { phase: 'Frozen', windows, overrides });
    await audit.taken();
    expect((await server.ask(ACTORS.onCall, call)).code).toBeLessThan(300);
    expect(glassOf(await audit.taken(), rule)).toEqual([OPEN]);
    // Outside of a freeze nothing was let through that would have been refused.
    await writeFreeze(server, { phase: 'Open', windows: [window(HOUR, 2 * HOUR)], overrides });
    await audit.taken();
    expect((await server.ask(ACTORS.onCall, call)).code).toBeLessThan(300);
    expect(glassOf(await audit.taken(), rule)).toEqual([]);
  });

  it('has the same line of the phase where there is no clock', async () => {
    const overrides = [{ ...OVERRIDE, scope: ['Delete'], from: inSeconds(-1), until: inSeconds(HOUR) }];
    await writePhase(server, { phase: 'Frozen', windows: [window(-HOUR, HOUR)], overrides });
    await audit.taken();
    const call = { ...row('delete a presence pod'), dryRun: true };
    expect((await server.ask(ACTORS.onCall, call)).code).toBe(200);
    expect(glassOf(await audit.taken(), 'freeze-deletes')).toEqual([OPEN]);
  });

  it('says who begins a freeze by a manual window, and who ends one', async () => {
    const path = ours('presenceclusters', CLUSTER);
    const windows = [
      { name: 'audit', from: inSeconds(0), until: inSeconds(HOUR), reason: 'auditors are here' },
    ];
    const write = async (more: object[]) => {
      await audit.taken();
      await server.must(ACTORS.onCall, {
        method: 'PATCH',
        path,
        type: MERGE_PATCH,
        body: { spec: { freeze: { windows: more } } },
      });
      const key = `manual-windows.${RELEASE.name}.${RELEASE.namespace}/manual-windows`;
      return (await audit.taken()).flatMap(({ annotations }) => annotations?.[key] ?? []);
    };
    const [window] = windows;
    expect(await write(windows)).toEqual([
      `window audit of on-call@example.org, from ${window?.from} until ${window?.until}: auditors are here`,
    ]);
    expect(await write([])).toEqual(['without audit, by on-call@example.org']);
  });

  it('has a line for an override that is added by hand', async () => {
    await writeFreeze(server, { phase: 'Frozen', windows: [window(-HOUR, HOUR)] });
    const value = { ...OVERRIDE, scope: ['Delete'], from: inSeconds(0), until: inSeconds(HOUR) };
    await audit.taken();
    await server.must(ACTORS.onCall, {
      method: 'PATCH',
      path: ours('rolloutfreezes', CLUSTER),
      type: JSON_PATCH,
      body: [{ op: 'add', path: '/spec/overrides/-', value }],
    });
    expect(glassOf(await audit.taken(), 'freeze-state')).toEqual([`${OPEN}, until ${value.until}`]);
  });
});
