import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KINDS } from '../../../src/api/v1alpha1/kinds.ts';
import {
  ADMIN,
  type Answer,
  type Call,
  MERGE_PATCH,
  type PolicyServer,
  startPolicyServer,
  until,
} from './policy-server.ts';
import { tryDelete, tryImage } from './tries.ts';
import {
  ACTORS,
  CLUSTER,
  core,
  inSeconds,
  makeWorld,
  NEIGHBOUR,
  ours,
  RIGHTS,
  window,
  writeFreeze,
} from './wedding-world.ts';

/** Ways around a freeze that are no rows of the table, and what is known to remain open. */

const HOUR = 3600;
const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const CLAIM = core('persistentvolumeclaims', 'data-wedsync-redis-0-9');

let server: PolicyServer;

beforeAll(async () => {
  server = await startPolicyServer(RIGHTS);
  await makeWorld(server);
  await makeBoundClaim();
  await make(ours('weddings'), {
    apiVersion: 'presence.wedsync.io/v1alpha1',
    kind: 'Wedding',
    metadata: { name: 'ada' },
    spec: {
      date: '2030-06-01',
      timeZone: 'UTC',
      ceremony: '12:00',
      ends: '20:00',
      team: { photographer: 1 },
    },
  });
  await freeze();
});

afterAll(() => server?.stop());

const make = (path: string, body: object): Promise<Answer> =>
  server.must(ADMIN, { method: 'POST', path, body });
const patch = (path: string, body: object): Call => ({ method: 'PATCH', path, type: MERGE_PATCH, body });
const dryRun = (actor: (typeof ACTORS)[keyof typeof ACTORS], call: Call): Promise<Answer> =>
  server.ask(actor, { ...call, dryRun: true });

async function freeze(overrides: object[] = []): Promise<void> {
  await writeFreeze(server, { phase: 'Frozen', windows: [window(-HOUR, HOUR)], overrides });
}

/** Bound to a volume that its class lets grow. */
async function makeBoundClaim(): Promise<void> {
  await make('/apis/storage.k8s.io/v1/storageclasses', {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name: 'elastic' },
    provisioner: 'example.org/disk',
    allowVolumeExpansion: true,
  });
  await make(CLAIM.slice(0, CLAIM.lastIndexOf('/')), {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: CLAIM.split('/').at(-1), labels: { 'presence.wedsync.io/cluster': CLUSTER } },
    spec: {
      accessModes: ['ReadWriteOnce'],
      storageClassName: 'elastic',
      volumeName: 'disk',
      resources: { requests: { storage: '1Gi' } },
    },
  });
  const status = { phase: 'Bound', capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'] };
  await server.must(ADMIN, patch(`${CLAIM}/status`, { status }));
}

describe('a claim in a freeze', () => {
  it('grows when somebody asks for it: a full disk is a fault', async () => {
    const grown = { spec: { resources: { requests: { storage: '2Gi' } } } };
    expect(await dryRun(ACTORS.ci, patch(CLAIM, grown))).toMatchObject({ code: 200 });
  });
});

describe('the kinds', () => {
  const crd = (plural: string): string => `${CRDS}/${plural}.presence.wedsync.io`;

  it.each(KINDS.map(({ plural }) => plural))(
    '%s is not deleted by mistake, and the answer says how else',
    async (plural) => {
      const { code, message } = await dryRun(ADMIN, { method: 'DELETE', path: crd(plural) });
      expect([code, message]).toEqual([
        403,
        expect.stringContaining(
          `kubectl annotate crd ${plural}.presence.wedsync.io presence.wedsync.io/allow-deletion=true`,
        ),
      ]);
    },
  );

  it('are not deleted with all others', async () => {
    const { code, message } = await dryRun(ADMIN, { method: 'DELETE', path: CRDS });
    expect([code, message]).toEqual([403, expect.stringContaining('all its objects are deleted')]);
  });

  it('of others are none of our business', async () => {
    const names = { plural: 'things', singular: 'thing', kind: 'Thing', listKind: 'ThingList' };
    const schema = { openAPIV3Schema: { type: 'object' } };
    await make(CRDS, {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'things.example.org' },
      spec: {
        group: 'example.org',
        scope: 'Namespaced',
        names,
        versions: [{ name: 'v1', served: true, storage: true, schema }],
      },
    });
    expect(await dryRun(ADMIN, { method: 'DELETE', path: `${CRDS}/things.example.org` })).toMatchObject({
      code: 200,
    });
  });
});

describe('the namespace controller in a freeze', () => {
  const wedding: Call = { method: 'DELETE', path: ours('weddings', 'ada') };
  const pod: Call = { method: 'DELETE', path: core('pods', `${CLUSTER}-redis-0-1`) };

  it('leaves weddings, which the freeze is for, and people change their calendar as they like', async () => {
    expect(await dryRun(ACTORS.namespaceController, wedding)).toMatchObject({ code: 403 });
    expect(await dryRun(ACTORS.ci, wedding)).toMatchObject({ code: 200 });
  });

  it('is let through by an override that somebody made for deletes before', async () => {
    expect(await dryRun(ACTORS.namespaceController, pod)).toMatchObject({ code: 403 });
    const times = { from: inSeconds(-HOUR), until: inSeconds(HOUR) };
    await freeze([
      { name: 'incident', user: ACTORS.onCall.user, ticket: 'OPS-1', scope: ['Delete'], ...times },
    ]);
    expect(await dryRun(ACTORS.namespaceController, pod)).toMatchObject({ code: 200 });
    // Another PresenceCluster of the namespace is frozen by the same weddings, and has no override.
    await writeFreeze(server, { phase: 'Frozen', windows: [window(-HOUR, HOUR)] }, NEIGHBOUR);
    expect(await dryRun(ACTORS.namespaceController, wedding)).toMatchObject({ code: 403 });
    await writeFreeze(server, {}, NEIGHBOUR);
    await freeze();
  });
});

describe('known limits', () => {
  it('a running API server freezes no changes any more soon after the kind RolloutFreeze is deleted', async () => {
    expect((await tryImage(server, ADMIN)).code).toBe(403);
    const path = `${CRDS}/rolloutfreezes.presence.wedsync.io`;
    const annotations = { 'presence.wedsync.io/allow-deletion': 'true' };
    await server.must(ADMIN, patch(path, { metadata: { annotations } }));
    await server.must(ADMIN, { method: 'DELETE', path });
    await until('the freeze is open', async () => (await tryImage(server, ADMIN)).code === 200);
    // What needs no RolloutFreeze to be judged still holds: deletes by the clock, and labels.
    expect((await tryDelete(server, ADMIN)).code).toBe(403);
    const labels = { 'presence.wedsync.io/cluster': null };
    const call = patch(core('pods', `${CLUSTER}-redis-0-1`), { metadata: { labels } });
    expect((await dryRun(ADMIN, call)).code).toBe(403);
  });
});
