import type { EngineTraits } from './engine.ts';
import type { NodeHistory, ProbeHistory, RoleAnswer } from './probe-history.ts';
import { historyOf, isSilent } from './probe-history.ts';

/** One Redis pod as the prober knows it. */
export interface ProbedPod {
  readonly pod: string;
  /** From the label of the pod. */
  readonly shard: number;
  /** `host:port`, as the replicas name their primary. */
  readonly address: string;
  /** The pod has a deletionTimestamp. */
  readonly terminating: boolean;
}

export interface FailoverLook {
  readonly history: ProbeHistory;
  /** The pods there are, and those that have just vanished from the API: their process may still run. */
  readonly pods: readonly ProbedPod[];
  /** Number of shards that the spec asks for. */
  readonly shards: number;
  readonly engine: EngineTraits;
  /** Milliseconds. */
  readonly nodeTimeoutMs: number;
  /** The last failover of each shard that was requested, by the prober or by a reconcile. */
  readonly attempts: ReadonlyMap<number, FailoverAttempt>;
  readonly nowMs: number;
}

/** Times are in the same milliseconds as the history. */
export interface FailoverAttempt {
  readonly askedMs: number;
  /** When a replica of the shard became its primary. */
  readonly doneMs?: number;
}

/** `Silent`: it does not answer. `Restarted`: another process runs in its place. `Terminating`: its pod ends. */
export type FailoverCause = 'Silent' | 'Restarted' | 'Terminating';

interface Judged {
  readonly shard: number;
  readonly cause: FailoverCause;
  /** Pod of the primary. */
  readonly primary: ProbedPod;
  /** One sentence. */
  readonly because: string;
}

export type FailoverVerdict =
  /** `Force` does without the primary's consent, but still needs the votes of a majority. */
  | (Judged & {
      readonly kind: 'Promote';
      readonly mode: 'Graceful' | 'Force';
      readonly candidate: ProbedPod;
    })
  /** Something is wrong with the primary, and a guard forbids to act. */
  | (Judged & { readonly kind: 'Hold' });

/** Probes in a row without an answer before a primary is considered dead. */
export const MISSES_UNTIL_DEAD = 3;
/**
 * One attempt, then wait: a second one while the first is under way hinders it (valkey#3996). A server keeps one open for as long
 * (cluster-manual-failover-timeout), so asking again leaves no time in which a replica that has to rest is not asked.
 */
export const ATTEMPT_HOLD_MS = 5_000;
/** Bytes of the replication stream that a replica may be behind and still take over. */
const MAX_LAG_BYTES = 1024 * 1024;
/** A replica that was in sync this long before its primary was last heard was in sync to the end. */
const SYNC_FRESH_MS = 1_000;
/** Bytes that were in the sockets when the primary stopped may still arrive for this time. */
const DRAIN_MS = 300;

/**
 * Which primaries should be replaced now, and which must not although they look dead. Pure; faster than gossip,
 * because one observer that sees a majority needs no quorum of suspicion: the voters still have the last word.
 */
export function evaluateFailovers(look: FailoverLook): FailoverVerdict[] {
  return look.pods.flatMap((primary) => {
    const own = historyOf(look.history, primary.address);
    if (own?.role?.kind !== 'Primary' || followers(primary, look).length === 0) return [];
    const attempt = look.attempts.get(primary.shard);
    // While one is under way there is nothing to say.
    if (attempt !== undefined && look.nowMs < heldUntil(attempt, look.engine)) return [];
    const suspicion = suspect(primary, own, look);
    return suspicion === undefined ? [] : [judge(primary, own, suspicion, look)];
  });
}

function heldUntil({ askedMs, doneMs }: FailoverAttempt, { rolesAgreeWithinMs }: EngineTraits): number {
  return doneMs === undefined ? askedMs + ATTEMPT_HOLD_MS : doneMs + rolesAgreeWithinMs;
}

interface Suspicion {
  readonly cause: FailoverCause;
  readonly words: string;
}

function suspect(primary: ProbedPod, own: NodeHistory, look: FailoverLook): Suspicion | undefined {
  if (primary.terminating) {
    // One authority: a server that hands over at its end must not be hindered, a silent one has perhaps just done so.
    return look.engine.failsOverOnSigterm || own.misses > 0
      ? undefined
      : { cause: 'Terminating', words: 'is being deleted' };
  }
  if (isSilent(own, MISSES_UNTIL_DEAD)) {
    return { cause: 'Silent', words: `gave no answer to ${own.misses} probes in a row` };
  }
  if (own.restartedMs !== undefined && !isFollowedAgain(primary, own.restartedMs, look)) {
    return { cause: 'Restarted', words: 'runs as a new process, which may have lost data' };
  }
  return undefined;
}

function judge(primary: ProbedPod, own: NodeHistory, { cause, words }: Suspicion, look: FailoverLook) {
  const { shard } = primary;
  const common = { shard, cause, primary };
  const hold = (why: string): FailoverVerdict => ({
    ...common,
    kind: 'Hold',
    because: `${primary.pod} ${words}, but ${why}`,
  });
  const others = answeringShards(look).filter((index) => index !== shard).length;
  const alive = cause === 'Silent' ? others : others + 1;
  if (alive * 2 <= look.shards) {
    return hold(`only ${alive} of ${look.shards} primaries answer, so the operator itself may be cut off`);
  }
  const witness = cause === 'Silent' ? stillFed(primary, own, look) : undefined;
  if (witness !== undefined) return hold(`${witness.pod} still receives data from it`);
  const candidate = candidateOf(primary, own, cause, look);
  if (candidate === undefined) return hold('no replica that was in sync with it answers');
  const { electedMs } = historyOf(look.history, candidate.address) ?? {};
  if (hasOldVotes(electedMs, look)) {
    return hold(`${candidate.pod} was elected a moment ago and would count those votes for a new election`);
  }
  return {
    ...common,
    kind: 'Promote' as const,
    mode: cause === 'Terminating' ? ('Graceful' as const) : ('Force' as const),
    candidate,
    because: `${primary.pod} ${words}${resting(candidate, look)}`,
  };
}

/**
 * Added to the time for which a server counts old votes: its clock of an election is known to us from outside only. Redis 7.0 was seen to
 * count them 10,002 ms after the election, with a node time-out of 5 s.
 */
export const OLD_VOTES_MARGIN_MS = 1_000;

/**
 * Whether a replica must not be asked for a failover, because it was elected so lately that it would not need a vote.
 *
 * @param electedMs when it was last elected; undefined when it was not, that we know of
 */
export function hasOldVotes(
  electedMs: number | undefined,
  { engine, nodeTimeoutMs, nowMs }: Pick<FailoverLook, 'engine' | 'nodeTimeoutMs' | 'nowMs'>,
): boolean {
  if (electedMs === undefined || engine.countsOldVotesFor === 0) return false;
  return nowMs - electedMs < engine.countsOldVotesFor * nodeTimeoutMs + OLD_VOTES_MARGIN_MS;
}

/** Why it will take longer; empty when it will not. */
function resting({ pod, address }: ProbedPod, look: FailoverLook): string {
  const ms = restMs(historyOf(look.history, address), look);
  if (ms === 0) return '';
  return `, and ${pod} was elected recently: it can stand for election again in ${Math.ceil(ms / 1000)} s`;
}

/** For how long from now on it would stand for no election. */
function restMs(node: NodeHistory | undefined, { engine, nodeTimeoutMs, nowMs }: FailoverLook): number {
  if (node?.electedMs === undefined) return 0;
  return Math.max(0, node.electedMs + engine.restsBetweenElections * nodeTimeoutMs - nowMs);
}

/** Shards of which a primary answers. */
function answeringShards(look: FailoverLook): number[] {
  const shards = look.pods
    .filter(({ address }) => {
      const node = historyOf(look.history, address);
      return node?.role?.kind === 'Primary' && node.misses === 0;
    })
    .map(({ shard }) => shard);
  return [...new Set(shards)];
}

interface Follower {
  readonly pod: ProbedPod;
  readonly node: NodeHistory;
  readonly role: RoleAnswer & { kind: 'Replica' };
}

/** Those that by their own last word follow this primary. */
function followers(primary: ProbedPod, look: FailoverLook): Follower[] {
  return look.pods.flatMap((pod) => {
    const node = historyOf(look.history, pod.address);
    const role = node?.role;
    return node !== undefined && role?.kind === 'Replica' && role.primary === primary.address
      ? [{ pod, node, role }]
      : [];
  });
}

/** A replica that got data after the first miss contradicts us: then only our way to the primary is broken. */
function stillFed(primary: ProbedPod, own: NodeHistory, look: FailoverLook): ProbedPod | undefined {
  const since = (own.firstMissMs ?? look.nowMs) + DRAIN_MS;
  return followers(primary, look).find(
    ({ node, role }) => role.linkUp && node.advancedMs !== undefined && node.advancedMs > since,
  )?.pod;
}

/** Whether a replica has caught up with the new process: then nothing is left to be saved. */
function isFollowedAgain(primary: ProbedPod, restartedMs: number, look: FailoverLook): boolean {
  return followers(primary, look).some(
    ({ node }) => node.inSync?.primary === primary.address && node.inSync.atMs > restartedMs,
  );
}

function candidateOf(
  primary: ProbedPod,
  own: NodeHistory,
  cause: FailoverCause,
  look: FailoverLook,
): ProbedPod | undefined {
  const end = cause === 'Restarted' ? own.ended : own.role;
  const ends = end?.kind === 'Primary' ? end : undefined;
  if (ends === undefined) return undefined;
  const candidates = followers(primary, look).filter(({ pod, node, role }) => {
    const { inSync } = node;
    if (pod.terminating || node.misses > 0 || inSync?.primary !== primary.address) return false;
    // After a restart of the process, the replica must have reported that it has not synced with the new one.
    if (cause === 'Restarted' && (role.linkUp || role.atMs <= (own.restartedMs ?? 0))) return false;
    return inSync.atMs >= ends.atMs - SYNC_FRESH_MS && ends.offset - role.offset <= MAX_LAG_BYTES;
  });
  // Data first: one that has read as much and need not rest is asked, one that has read less is not.
  return candidates.sort(
    (a, b) =>
      Number(hasOldVotes(a.node.electedMs, look)) - Number(hasOldVotes(b.node.electedMs, look)) ||
      b.role.offset - a.role.offset ||
      restMs(a.node, look) - restMs(b.node, look) ||
      a.pod.pod.localeCompare(b.pod.pod),
  )[0]?.pod;
}
