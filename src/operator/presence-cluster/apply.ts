import { ANNOTATION, FIELD_MANAGER, LABEL } from '../../api/v1alpha1/names.ts';
import { pausesObjects } from '../../domain/pause/pause-at.ts';
import { childName } from '../../domain/resources/child-names.ts';
import type { ApplyOptions, KubeClient } from '../../platform/kube/client.ts';
import { KubeError } from '../../platform/kube/errors.ts';
import { builtin, type KubeObject } from '../../platform/kube/resource.ts';
import type { Clock } from '../../platform/runtime/clock.ts';
import { childKey, type Observed } from '../cluster-state/observed.ts';
import type { ApplyCache } from '../memory/apply-cache.ts';
import { contentHash } from '../objects/content-hash.ts';
import { EVENT_NOTES } from '../objects/event-notes.ts';
import { CHILD_TYPES } from '../objects/kinds.ts';
import { isControlledBy, isOurs, OwnershipConflictError } from '../objects/ownership-conflict.ts';
import { revertedSentence } from './conditions/reverted-condition.ts';
import type { Desired } from './plan/build.ts';
import type { ReconcilePlan } from './plan/reconcile-plan.ts';
import { type Answers, type Request, retryOf, type Sender, sendAll, senderOf } from './plan/send-requests.ts';
import type { StageTools } from './plan/stage.ts';
import { applicable } from './plan/volumes.ts';
import { claimsOfLeftShards } from './volumes/claims-of-left-shards.ts';

export interface Applier extends Sender {
  client: KubeClient;
  applied: ApplyCache;
  clock: Pick<Clock, 'monotonicMs'>;
}

export interface ApplyResult extends Answers {
  /** `Kind/name` of what was sent and accepted. */
  accepted: Set<string>;
}

/** A stage: applies every object that differs, and records which pod templates were released by that. */
export async function applyObjects(plan: ReconcilePlan, tools: StageTools): Promise<void> {
  const { observed, desired } = plan;
  const { events, signal, results } = tools;
  const { accepted, refused, news, failed } = await applyDesired(
    applierOf(tools),
    observed,
    pausesObjects(plan.decision.pause) ? duringPause(desired) : desired,
    signal,
  );
  for (const { message } of news) events.record(observed.cluster, 'ApplyFailed', message);
  const sent = desired.workloads.filter(
    ({ manifest, released }) => released && accepted.has(childKey(manifest)),
  );
  for (const revision of desired.revisions) {
    const isSent = sent.some(
      ({ manifest }) => manifest.metadata.labels[LABEL.component] === revision.component,
    );
    for (const note of isSent ? revertedSentence(revision) : [])
      events.record(observed.cluster, 'RolloutReverted', note);
  }
  if (sent.length > 0) {
    const workloads = sent.map(({ manifest }) => childKey(manifest));
    events.record(observed.cluster, 'RolloutReleased', EVENT_NOTES.released(workloads));
  }
  results.refused = [...results.refused, ...refused, ...failed];
  throwAll(failed);
}

function applierOf(tools: StageTools): Applier {
  const { client, memory, clock } = tools;
  return { ...senderOf(tools), client, applied: memory.applied, clock };
}

/** What is written in every pause: the freeze with what holds drains off in it, and the Weddings that pods may serve. */
const IN_EVERY_PAUSE: readonly string[] = ['PodDisruptionBudget'];

function duringPause(desired: Desired): Desired {
  const roster = childName.presenceWeddings(clusterOf(desired));
  const manifests = desired.manifests.filter(
    ({ kind, metadata }) =>
      IN_EVERY_PAUSE.includes(kind) || (kind === 'ConfigMap' && metadata.name === roster),
  );
  return { ...desired, manifests };
}

/** A RolloutFreeze has the name of its PresenceCluster. */
function clusterOf({ freeze }: Desired): string {
  return freeze.metadata.name;
}

/** A stage: deletes the objects that are no longer wanted. */
export async function pruneObjects({ observed, desired }: ReconcilePlan, tools: StageTools): Promise<void> {
  const { news, failed } = await prune(applierOf(tools), observed, desired, tools.signal);
  for (const { message } of news) tools.events.record(observed.cluster, 'ApplyFailed', message);
  throwAll(failed);
}

function throwAll(errors: readonly Error[]): void {
  if (errors.length > 0) throw new AggregateError(errors);
}

/**
 * Applies what differs from what was applied before, or was changed by another writer since. Server-side apply with
 * force, on our own objects only, so that drift in our fields is undone and other managers' fields stay. An object
 * that is refused does not hold up the others.
 */
export async function applyDesired(
  applier: Applier,
  observed: Observed,
  desired: Desired,
  signal: AbortSignal,
): Promise<ApplyResult> {
  const { client, applied, clock, nowMs } = applier;
  const work = [
    ...desired.manifests
      .flatMap((each) => applicable(each, observed) ?? [])
      .map((manifest) => ({ manifest, fieldManager: FIELD_MANAGER.operator })),
    { manifest: desired.freeze, fieldManager: FIELD_MANAGER.freeze },
  ];
  const pending = work.filter(({ manifest }) => {
    return !applied.isCurrent(manifest, observed.children.get(childKey(manifest)), nowMs);
  });
  const accepted = new Set<string>();
  const requests = pending.map(({ manifest, fieldManager }): Request => {
    const object: KubeObject = manifest;
    const key = childKey(manifest);
    const send = async (): Promise<void> => {
      const result = await applyOwn(client, observed, object, { fieldManager, force: true, signal });
      applied.remember(manifest, result, observed.children.get(key), clock.monotonicMs());
      accepted.add(key);
    };
    return { key, request: contentHash([manifest, retryOf(observed.cluster)]), send };
  });
  return { accepted, ...(await sendAll(applier, requests, signal)) };
}

/**
 * An object that our caches do not know is either new, and then it is created, or belongs to another owner: then nothing is written, and it
 * is read.
 *
 * @throws OwnershipConflictError
 */
async function applyOwn(
  client: KubeClient,
  { children, cluster }: Observed,
  wanted: KubeObject,
  options: ApplyOptions,
): Promise<KubeObject> {
  const type = CHILD_TYPES.find(({ kind }) => kind === wanted.kind);
  const known = children.get(childKey(wanted));
  // With our labels and without any owner it is ours, and its owner reference was removed.
  if (type === undefined || (known !== undefined && isOurs(known, cluster)))
    return client.apply(wanted, options);
  const { namespace, name } = wanted.metadata;
  const created = known ? undefined : await createNew(client, wanted, options);
  if (created !== undefined) return created;
  const found = known ?? (await client.get(type, namespace, name, { signal: options.signal }));
  if (found !== undefined && !isControlledBy(found, cluster)) throw new OwnershipConflictError(found);
  return client.apply(wanted, options);
}

/** Undefined when there is an object of that name. */
async function createNew(
  client: KubeClient,
  wanted: KubeObject,
  options: ApplyOptions,
): Promise<KubeObject | undefined> {
  try {
    return await client.apply(wanted, { ...options, onlyCreate: true });
  } catch (error) {
    if (error instanceof KubeError && error.disposition === 'conflict') return undefined;
    throw error;
  }
}

/**
 * Deletes children that are no longer wanted; a configuration that a released template or a running pod still names
 * stays. What cannot be deleted does not hold up the others.
 */
export async function prune(
  applier: Applier,
  observed: Observed,
  desired: Desired,
  signal: AbortSignal,
): Promise<Answers> {
  const { client, applied } = applier;
  const leaving = unwanted(observed, desired);
  const claims = claimsOfLeftShards(leaving, observed.claims)
    .filter(({ isDeleting }) => !isDeleting)
    .map(({ name, uid }): Request => {
      const { namespace } = observed.cluster.metadata;
      const send = async (): Promise<void> => {
        await client.delete(builtin.PersistentVolumeClaim, namespace, name, { uid, signal });
      };
      return {
        key: `PersistentVolumeClaim/${name}`,
        request: `delete ${uid} ${retryOf(observed.cluster)}`,
        send,
      };
    });
  const ofClaims = await sendAll(applier, claims, signal);
  // The StatefulSet goes last: by it the next reconcile finds the claims.
  const keepsSets =
    ofClaims.refused.length + ofClaims.failed.length > 0 ||
    observed.unwatchedKinds.some((kind) => kind.startsWith(builtin.PersistentVolumeClaim.plural));
  const going = leaving.filter(({ kind }) => !(keepsSets && kind === 'StatefulSet'));
  const requests = going.map((child): Request => {
    const { name, namespace, uid } = child.metadata;
    const key = childKey(child);
    const send = async (): Promise<void> => {
      const type = CHILD_TYPES.find(({ kind }) => kind === child.kind);
      if (type === undefined) return;
      await client.delete(type, namespace, name, { ...(uid ? { uid } : {}), signal });
      applied.forgetChild(key);
    };
    return { key, request: `delete ${uid} ${retryOf(observed.cluster)}`, send };
  });
  const ofChildren = await sendAll(applier, requests, signal);
  return {
    refused: [...ofClaims.refused, ...ofChildren.refused],
    news: [...ofClaims.news, ...ofChildren.news],
    failed: [...ofClaims.failed, ...ofChildren.failed],
  };
}

function unwanted(observed: Observed, desired: Desired): KubeObject[] {
  const wanted = new Set([...desired.manifests, desired.freeze].map(childKey));
  const { uid } = observed.cluster.metadata;
  return [...observed.children].flatMap(([key, child]) => {
    if (wanted.has(key)) return [];
    const isOurs = child.metadata.ownerReferences?.some((owner) => owner.uid === uid) ?? false;
    return isOurs && !isInUse(child, observed, desired) ? [child] : [];
  });
}

/** A ConfigMap that a pod, or the template of one to come, still names. */
function isInUse(child: KubeObject, { redisPods }: Observed, { workloads }: Desired): boolean {
  if (child.kind !== 'ConfigMap') return false;
  const specs = [...workloads.map(({ manifest }) => manifest.spec), ...redisPods.map(({ spec }) => spec)];
  const quoted = `"${child.metadata.name}"`;
  // What may be put back must find it as well.
  const isKept = workloads.some(({ manifest }) =>
    manifest.metadata.annotations?.[ANNOTATION.goodTemplate]?.includes(quoted),
  );
  return isKept || specs.some((spec) => JSON.stringify(spec).includes(quoted));
}
