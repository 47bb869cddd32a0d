/**
 * The result of one probe.
 * `Primary`, `Replica`: the role that the server reports. `Alive`: it answered with an error. `Miss`: no answer in time,
 * or the connection was refused.
 */
export type ProbeAnswer =
  | { readonly kind: 'Primary'; readonly runId: string; readonly offset: number }
  | {
      readonly kind: 'Replica';
      readonly runId: string;
      /** `host:port` of the primary that it follows. */
      readonly primary: string;
      /** The replication link is up and the first sync is done. */
      readonly linkUp: boolean;
      readonly offset: number;
    }
  | { readonly kind: 'Alive' }
  | { readonly kind: 'Miss' };

/** The last answer with a role, and when. */
export type RoleAnswer = Extract<ProbeAnswer, { kind: 'Primary' | 'Replica' }> & { readonly atMs: number };

/** What the probes of one address have brought so far. Times are monotonic milliseconds. */
export interface NodeHistory {
  /** Probes in a row without an answer. */
  readonly misses: number;
  readonly firstMissMs?: number;
  readonly role?: RoleAnswer;
  /** Of a primary: when another process was first seen in its place. */
  readonly restartedMs?: number;
  /** The last answer of the process before it. */
  readonly ended?: RoleAnswer;
  /** When this process, a replica before, was first seen to be a primary. */
  readonly electedMs?: number;
  /** Of a replica: when it was last in sync, and with whom. */
  readonly inSync?: { readonly primary: string; readonly atMs: number };
  /** Of a replica: when the stream it has read was last seen to have grown. */
  readonly advancedMs?: number;
}

/** By address. */
export type ProbeHistory = ReadonlyMap<string, NodeHistory>;

export function historyOf(history: ProbeHistory, address: string): NodeHistory | undefined {
  return history.get(address);
}

export function isSilent({ misses }: NodeHistory, atLeast: number): boolean {
  return misses >= atLeast;
}

/** The history of one address with one more answer. */
export function withAnswer(node: NodeHistory | undefined, answer: ProbeAnswer, atMs: number): NodeHistory {
  const { firstMissMs, ...before } = node ?? { misses: 0 };
  switch (answer.kind) {
    case 'Miss':
      return { ...before, misses: before.misses + 1, firstMissMs: firstMissMs ?? atMs };
    case 'Alive':
      return { ...before, misses: 0 };
    case 'Primary':
      return {
        misses: 0,
        role: { ...answer, atMs },
        ...restart(before, answer.runId, atMs),
        ...elected(before, answer, atMs),
      };
    case 'Replica': {
      const role = { ...answer, atMs };
      const old = before.role?.kind === 'Replica' ? before.role : undefined;
      const inSync = answer.linkUp ? { primary: answer.primary, atMs } : before.inSync;
      const advancedMs = old !== undefined && answer.offset > old.offset ? atMs : before.advancedMs;
      return {
        misses: 0,
        role,
        ...elected(before, answer, atMs),
        ...(inSync === undefined ? {} : { inSync }),
        ...(advancedMs === undefined ? {} : { advancedMs }),
      };
    }
  }
}

function restart(
  { role, restartedMs, ended }: NodeHistory,
  runId: string,
  atMs: number,
): Pick<NodeHistory, 'restartedMs' | 'ended'> {
  if (role?.kind !== 'Primary') return {};
  if (role.runId !== runId) return { restartedMs: atMs, ended: role };
  return restartedMs === undefined || ended === undefined ? {} : { restartedMs, ended };
}

/** Another process knows nothing of the elections of the one before. */
function elected(
  { role, electedMs }: NodeHistory,
  answer: Pick<RoleAnswer, 'kind' | 'runId'>,
  atMs: number,
): Pick<NodeHistory, 'electedMs'> {
  if (role?.runId !== answer.runId) return {};
  if (role.kind === 'Replica' && answer.kind === 'Primary') return { electedMs: atMs };
  return electedMs === undefined ? {} : { electedMs };
}

/** After a stall of our own the misses were ours: counting starts from zero. */
export function forgiven(history: ProbeHistory): ProbeHistory {
  return new Map([...history].map(([address, node]) => [address, withAnswer(node, { kind: 'Alive' }, 0)]));
}
