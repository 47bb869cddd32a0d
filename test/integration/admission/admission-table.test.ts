import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { repository } from '../../cluster/paths.ts';
import { freezeTable, OWN_APPLY, ROWS, type Row, withoutLease, withoutLeaseTable } from './freeze-table.ts';
import {
  type Actor,
  ADMIN,
  type Call,
  type PolicyServer,
  sleepUntil,
  startPolicyServer,
} from './policy-server.ts';
import { MOMENTS, type Moment, type Verdict, type Verdicts } from './verdicts.ts';
import {
  ACTORS,
  apps,
  budget,
  CLUSTER,
  type Freeze,
  inSeconds,
  keepLease,
  makeWorld,
  NEIGHBOUR,
  RIGHTS,
  window,
  writeFreeze,
  writePhase,
} from './wedding-world.ts';

const MOMENTS_IN_ORDER = Object.keys(MOMENTS) as Moment[];
const HOUR = 3600;
const WEEK = 7 * 24 * HOUR;

/** A field manager of its own: objects were made a moment ago, and two requests of one within a second are one. */
const ASKING = { fieldManager: 'asking' };
const DEPLOYMENT = apps('deployments', `${CLUSTER}-presence`);
/** So many rows are asked for by one actor within the first or the last second of a freeze; fewer where the machine is slow. */
const ROWS_A_SECOND = 15;
/** Another process may take the second away from a test, so as many are tried before the rows are split. */
const SECONDS_TRIED = 4;
/** A single row cannot be split, and is one request. */
const SECONDS_TRIED_FOR_ONE = 30;

/** Each try waits for a second of the clock, and a slow machine needs many. */
const SECONDS_TIMEOUT_MS = 600_000;

let server: PolicyServer;
let controlPlane: ReturnType<typeof keepLease> | undefined;

beforeAll(async () => {
  server = await startPolicyServer(RIGHTS);
  await makeWorld(server);
  controlPlane = keepLease(server);
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
});

afterAll(async () => {
  await controlPlane?.stop();
  await server?.stop();
});

const ahead = () => window(WEEK, WEEK + HOUR);

/** What the operator has written at each moment; a dead one leaves the phase as it was. */
const FREEZES: Record<Moment, () => Freeze> = {
  before: () => ({ phase: 'Open', windows: [window(HOUR, 2 * HOUR), ahead()] }),
  // The operator writes the phase a minute ahead.
  minute: () => ({ phase: 'Frozen', windows: [window(HOUR, 2 * HOUR), ahead()] }),
  during: () => ({ phase: 'Frozen', windows: [window(-HOUR, HOUR), ahead()] }),
  duringDead: () => ({ phase: 'Open', windows: [window(-HOUR, HOUR), ahead()] }),
  afterDead: () => ({ phase: 'Frozen', windows: [window(-2 * HOUR, -HOUR), ahead()] }),
  after: () => ({ phase: 'Open', windows: [ahead()] }),
};

async function callOf({ call }: Row): Promise<Call> {
  return typeof call === 'function'
    ? call((await server.must(ADMIN, { method: 'GET', path: DEPLOYMENT })).body)
    : call;
}

/** What one actor gets for one row; on a dry run, unless it is told otherwise, so that every cell sees the same objects. */
async function verdict(actor: Actor, row: Row, dryRun = true): Promise<string> {
  const { code, message } = await server.ask(actor, { ...ASKING, ...(await callOf(row)), dryRun });
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
    const { code, message } = await server.ask(actor, { ...(await callOf(row)), dryRun: true });
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

/** Every row whose answer is another than the table says, each of them asked within one second of the clock. */
async function surprisesWithin(
  second: 'first' | 'last',
  moment: 'during' | 'duringDead',
  actor: Actor,
  expected: (row: Row) => Verdicts,
  rows: readonly Row[],
): Promise<string[]> {
  const tries = rows.length === 1 ? SECONDS_TRIED_FOR_ONE : SECONDS_TRIED;
  for (let tried = 0; tried < tries; tried += 1) {
    // Later each time: the freeze has to be written before.
    const begin = Math.ceil(Date.now() / 1000) + 1 + tried;
    const at = (seconds: number) => inSeconds(0, (begin + seconds) * 1000);
    const [from, until] = second === 'first' ? [at(0), at(HOUR)] : [at(-HOUR), at(1)];
    const phase = moment === 'during' ? 'Frozen' : 'Open';
    await writeFreeze(server, { phase, windows: [{ ...window(0, HOUR), from, until }, ahead()] });
    if (Date.now() > begin * 1000) continue;
    await sleepUntil(begin * 1000);
    const found = await surprises(actor, (row) => expected(row)[moment], rows);
    if (Date.now() < (begin + 1) * 1000) return found;
  }
  if (rows.length === 1) throw new Error(`one row takes more than a second, ${tries} times`);
  const half = Math.ceil(rows.length / 2);
  return [
    ...(await surprisesWithin(second, moment, actor, expected, rows.slice(0, half))),
    ...(await surprisesWithin(second, moment, actor, expected, rows.slice(half))),
  ];
}

const chunks = (rows: readonly Row[]): Row[][] =>
  Array.from({ length: Math.ceil(rows.length / ROWS_A_SECOND) }, (_, index) =>
    rows.slice(index * ROWS_A_SECOND, (index + 1) * ROWS_A_SECOND),
  );

const EVERY_SCOPE = ['Rollout', 'ScaleIn', 'Delete', 'Evict'];
const inNamespace = ROWS.filter(({ isClusterScoped }) => !isClusterScoped);

describe('the table of docs/freeze.md', () => {
  it.each(MOMENTS_IN_ORDER)('holds for an admin and for CI: %s', async (moment) => {
    await writeFreeze(server, FREEZES[moment]());
    expect(await surprises(ACTORS.admin, (row) => row.people[moment])).toEqual([]);
    expect(await surprises(ACTORS.ci, (row) => row.people[moment], inNamespace)).toEqual([]);
  });

  it.each(
    (['first', 'last'] as const).flatMap((second) =>
      (['during', 'duringDead'] as const).flatMap((moment) =>
        (['admin', 'ci'] as const).map((actor) => [second, moment, actor] as const),
      ),
    ),
  )(
    'holds in the %s second as well: %s, for %s',
    async (second, moment, name) => {
      const rows = name === 'admin' ? ROWS : inNamespace;
      for (const some of chunks(rows)) {
        expect(await surprisesWithin(second, moment, ACTORS[name], ({ people }) => people, some)).toEqual([]);
      }
    },
    SECONDS_TIMEOUT_MS,
  );

  it('holds in earnest as on a dry run', async () => {
    await writeFreeze(server, FREEZES.during());
    for (const row of ROWS.filter(({ people }) => people.during === 'refused')) {
      expect(await verdict(ACTORS.admin, row, false), row.action).toBe('refused');
    }
  });

  it.each(['first', 'last'] as const)(
    'holds in the %s second as well, for the operator, for controllers',
    async (second) => {
      const { operator } = ACTORS;
      expect(await surprisesWithin(second, 'during', operator, (row) => row.operator, [OWN_APPLY])).toEqual(
        [],
      );
      for (const some of chunks(await allowed(ACTORS.garbageCollector))) {
        const actor = ACTORS.garbageCollector;
        expect(await surprisesWithin(second, 'during', actor, (row) => row.system, some)).toEqual([]);
      }
    },
    SECONDS_TIMEOUT_MS,
  );

  it.each(MOMENTS_IN_ORDER)('holds for the operator, for controllers and kubelets: %s', async (moment) => {
    await writeFreeze(server, FREEZES[moment]());
    for (const [actor, least] of [
      [ACTORS.operator, 15],
      [ACTORS.garbageCollector, 15],
      [ACTORS.replicaSetController, 2],
      [ACTORS.kubelet, 2],
    ] as const) {
      const rows = [...(await allowed(actor)), ...(actor === ACTORS.operator ? [OWN_APPLY] : [])];
      expect(rows.length, actor.user).toBeGreaterThanOrEqual(least);
      const column = actor === ACTORS.operator ? 'operator' : 'system';
      expect(await surprises(actor, (row) => row[column][moment], rows), actor.user).toEqual([]);
    }
  });

  it.each(MOMENTS_IN_ORDER)(
    'opens for the holder of an override by its scope, and for nobody else: %s',
    async (moment) => {
      for (const scope of EVERY_SCOPE) {
        const overrides = [override(ACTORS.onCall.user, HOUR, [scope])];
        await writeFreeze(server, { ...FREEZES[moment](), overrides });
        const opened = (row: Row): Verdict =>
          row.scope === scope && row.people.before === 'passes' ? 'passes' : row.people[moment];
        expect(await surprises(ACTORS.onCall, opened, inNamespace), scope).toEqual([]);
        expect(await surprises(ACTORS.admin, (row) => row.people[moment]), scope).toEqual([]);
      }
    },
  );

  it.each(MOMENTS_IN_ORDER)('is closed again for an override that has ended: %s', async (moment) => {
    const overrides = [override(ACTORS.onCall.user, -1, EVERY_SCOPE)];
    await writeFreeze(server, { ...FREEZES[moment](), overrides, heartbeat: inSeconds(0) });
    expect(await surprises(ACTORS.onCall, (row) => row.people[moment], inNamespace)).toEqual([]);
  });

  it.each(['during', 'afterDead'] as const)(
    'is closed by stamps and clock for one that has ended while the operator was dead: %s',
    async (moment) => {
      const overrides = [override(ACTORS.onCall.user, -1, EVERY_SCOPE)];
      await writeFreeze(server, { ...FREEZES[moment](), overrides, heartbeat: inSeconds(-HOUR) });
      expect(await surprises(ACTORS.onCall, (row) => row.people[moment], inNamespace)).toEqual([]);
      expect(await surprises(ACTORS.admin, (row) => row.people[moment])).toEqual([]);
    },
  );

  it('leaves the neighbour in the same namespace alone', async () => {
    await writeFreeze(server, FREEZES.during());
    await writeFreeze(server, FREEZES.after(), NEIGHBOUR);
    const neighbours = ROWS.filter(
      ({ people, call }) => people.before === 'passes' && typeof call !== 'function',
    ).map((row) => ({
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
    expect(page).toContain(withoutLeaseTable());
  });
});

describe('where the operator sees no Lease', () => {
  it.each(MOMENTS_IN_ORDER)('the phase rules as without the clock: %s', async (moment) => {
    await writePhase(server, FREEZES[moment]());
    for (const actor of [ACTORS.admin, ACTORS.ci]) {
      const rows = actor === ACTORS.ci ? inNamespace : ROWS;
      expect(await surprises(actor, (row) => withoutLease(row.people)[moment], rows), actor.user).toEqual([]);
    }
    const rows = await allowed(ACTORS.garbageCollector);
    const { garbageCollector } = ACTORS;
    expect(await surprises(garbageCollector, (row) => withoutLease(row.system)[moment], rows)).toEqual([]);
  });
});
