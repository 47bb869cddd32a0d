import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { repository } from '../cluster/paths.ts';
import { freezeTable, MOMENTS, type Moment, ROWS, type Row, type Verdict } from './admission/freeze-table.ts';
import { type Actor, ADMIN, type PolicyServer, startPolicyServer } from './admission/policy-server.ts';
import {
  ACTORS,
  budget,
  CLUSTER,
  type Freeze,
  inSeconds,
  makeWorld,
  NEIGHBOUR,
  RIGHTS,
  window,
  writeFreeze,
} from './admission/wedding-world.ts';

const HOUR = 3600;
const WEEK = 7 * 24 * HOUR;

/** A field manager of its own: objects were made a moment ago, and two requests of one within a second are one. */
const ASKING = { dryRun: true, fieldManager: 'asking' };

let server: PolicyServer;

beforeAll(async () => {
  server = await startPolicyServer(RIGHTS);
  await makeWorld(server);
  await server.must(ADMIN, {
    method: 'PATCH',
    path: `${budget(`${CLUSTER}-presence`)}/status`,
    type: 'application/merge-patch+json',
    body: {
      status: {
        observedGeneration: 1,
        disruptionsAllowed: 1,
        currentHealthy: 8,
        desiredHealthy: 7,
        expectedPods: 8,
      },
    },
  });
}, 120_000);

afterAll(() => server?.stop());

const ahead = () => window(WEEK, WEEK + HOUR);

/** What the RolloutFreeze says at each moment; a dead operator leaves the phase as it was. */
const FREEZES: Record<Moment, () => Freeze> = {
  before: () => ({ phase: 'Open', windows: [window(HOUR, 2 * HOUR), ahead()] }),
  during: () => ({ phase: 'Frozen', windows: [window(-HOUR, HOUR), ahead()] }),
  duringDead: () => ({ phase: 'Open', windows: [window(-HOUR, HOUR), ahead()] }),
  afterDead: () => ({ phase: 'Frozen', windows: [window(-2 * HOUR, -HOUR), ahead()] }),
  after: () => ({ phase: 'Open', windows: [ahead()] }),
};

/** What one actor gets for one row, on a dry run, so that every cell sees the same objects. */
async function verdict(actor: Actor, { call }: Row): Promise<string> {
  const { code, message } = await server.ask(actor, { ...call, ...ASKING });
  if (code < 300) return 'passes';
  if (code === 403 && message.includes('ValidatingAdmissionPolicy')) return 'refused';
  return `${code} ${message}`;
}

/** Every row whose answer is another than the table says. */
async function surprises(
  actor: Actor,
  expected: (row: Row) => Verdict,
  rows: readonly Row[] = ROWS,
): Promise<string[]> {
  const found: string[] = [];
  for (const row of rows) {
    const got = await verdict(actor, row);
    if (got !== expected(row)) found.push(`${row.action}: ${got}, expected ${expected(row)}`);
  }
  return found;
}

/** Rows that a controller of Kubernetes has the RBAC rights for. */
const allowed = async (actor: Actor): Promise<Row[]> => {
  const rows: Row[] = [];
  for (const row of ROWS) {
    const { code, message } = await server.ask(actor, { ...row.call, dryRun: true });
    if (code !== 403 || message.includes('ValidatingAdmissionPolicy')) rows.push(row);
  }
  return rows;
};

const override = (user: string, until: number, scope: readonly string[]) => ({
  name: 'incident',
  user,
  ticket: 'OPS-1234',
  scope,
  from: inSeconds(-HOUR),
  until: inSeconds(until),
});

describe('the table of docs/freeze.md', () => {
  it.each(Object.keys(MOMENTS) as Moment[])('holds for an admin and for CI: %s', async (moment) => {
    await writeFreeze(server, FREEZES[moment]());
    expect(await surprises(ACTORS.admin, (row) => row.people[moment])).toEqual([]);
    const protectedNamespace = ROWS.filter(({ action }) => !action.includes('Namespace'));
    expect(await surprises(ACTORS.ci, (row) => row.people[moment], protectedNamespace)).toEqual([]);
  });

  it('holds for the operator, for controllers and kubelets', async () => {
    await writeFreeze(server, FREEZES.during());
    for (const [actor, least] of [
      [ACTORS.operator, 15],
      [ACTORS.garbageCollector, 15],
      [ACTORS.replicaSetController, 2],
      [ACTORS.kubelet, 2],
    ] as const) {
      const rows = await allowed(actor);
      expect(rows.length, actor.user).toBeGreaterThanOrEqual(least);
      const column = actor === ACTORS.operator ? 'operator' : 'system';
      expect(await surprises(actor, (row) => row[column], rows), actor.user).toEqual([]);
    }
  });

  it('opens for the holder of an override by its scope, and for nobody else', async () => {
    for (const scope of ['Rollout', 'ScaleIn', 'Delete', 'Evict']) {
      const overrides = [override(ACTORS.onCall.user, HOUR, [scope])];
      await writeFreeze(server, { ...FREEZES.during(), overrides });
      const rows = ROWS.filter((row) => !row.action.includes('Namespace'));
      const opened = (row: Row): Verdict =>
        row.scope === scope && row.people.before === 'passes' ? 'passes' : row.people.during;
      expect(await surprises(ACTORS.onCall, opened, rows), scope).toEqual([]);
      expect(await surprises(ACTORS.admin, (row) => row.people.during), scope).toEqual([]);
    }
  });

  it('is closed again for an override that has ended', async () => {
    const overrides = [override(ACTORS.onCall.user, -1, ['Rollout', 'ScaleIn', 'Delete', 'Evict'])];
    await writeFreeze(server, { ...FREEZES.during(), overrides, heartbeat: inSeconds(0) });
    const rows = ROWS.filter((row) => !row.action.includes('Namespace'));
    expect(await surprises(ACTORS.onCall, (row) => row.people.during, rows)).toEqual([]);
  });

  it('leaves the neighbour in the same namespace alone', async () => {
    await writeFreeze(server, FREEZES.during());
    await writeFreeze(server, FREEZES.after(), NEIGHBOUR);
    const neighbours = ROWS.filter(({ people }) => people.before === 'passes').map((row) => ({
      ...row,
      call: JSON.parse(
        JSON.stringify(row.call)
          .replaceAll(`${CLUSTER}-`, `${NEIGHBOUR}-`)
          .replaceAll(`presenceclusters/${CLUSTER}`, `presenceclusters/${NEIGHBOUR}`),
      ),
    }));
    expect(
      await surprises(
        ADMIN,
        () => 'passes',
        neighbours.filter(({ action }) => !action.includes('drain')),
      ),
    ).toEqual([]);
  });

  it('is what the page shows', () => {
    const page = readFileSync(path.join(repository, 'docs/freeze.md'), 'utf8');
    expect(page).toContain(freezeTable());
  });
});
