import { describe, expect, it } from 'vitest';
import { ENGINES } from './engine.ts';
import { evaluateFailovers, type FailoverLook, type ProbedPod } from './failover.ts';
import { type NodeHistory, type ProbeAnswer, withAnswer } from './probe-history.ts';
import { NODE_TIMEOUT_MS } from './server-config.ts';

const NOW = 100_000;

function pods(): ProbedPod[] {
  return [0, 1, 2].flatMap((shard) =>
    [0, 1].map((ordinal) => ({
      pod: `redis-${shard}-${ordinal}`,
      shard,
      address: `10.0.${shard}.${ordinal}:6379`,
      terminating: false,
    })),
  );
}

const primary = (offset = 1_000, runId = 'a'): ProbeAnswer => ({ kind: 'Primary', runId, offset });
const replicaOf = (shard: number, linkUp = true, offset = 1_000): ProbeAnswer => ({
  kind: 'Replica',
  runId: 'r',
  primary: `10.0.${shard}.0:6379`,
  linkUp,
  offset,
});
const MISS: ProbeAnswer = { kind: 'Miss' };

/** Three healthy shards, all heard of a moment ago, and then what a test adds. */
class Look {
  readonly history = new Map<string, NodeHistory>();
  pods = pods();
  attempts: FailoverLook['attempts'] = new Map();
  engine = ENGINES.valkey;

  constructor() {
    for (const shard of [0, 1, 2]) {
      this.hear(`10.0.${shard}.0:6379`, primary(), NOW - 1_000);
      this.hear(`10.0.${shard}.1:6379`, replicaOf(shard), NOW - 1_000);
    }
  }

  hear(address: string, answer: ProbeAnswer, atMs: number): this {
    this.history.set(address, withAnswer(this.history.get(address), answer, atMs));
    return this;
  }

  silence(address: string, misses = 3): this {
    for (let miss = misses; miss > 0; miss--) this.hear(address, MISS, NOW - miss * 200);
    return this;
  }

  change(pod: string, change: Partial<ProbedPod>): this {
    this.pods = this.pods.map((each) => (each.pod === pod ? { ...each, ...change } : each));
    return this;
  }

  judge() {
    const { history, attempts, engine, pods } = this;
    const nodeTimeoutMs = NODE_TIMEOUT_MS.Standard;
    return evaluateFailovers({ history, pods, shards: 3, attempts, engine, nodeTimeoutMs, nowMs: NOW });
  }
}

const PRIMARY_0 = '10.0.0.0:6379';
const REPLICA_0 = '10.0.0.1:6379';

describe('evaluateFailovers', () => {
  it('leaves a healthy cluster alone, and one that was never heard of', () => {
    expect(new Look().judge()).toEqual([]);
    const blank = new Look();
    blank.history.clear();
    expect(blank.judge()).toEqual([]);
  });

  it('promotes the replica after three misses in a row, not after two', () => {
    expect(new Look().silence(PRIMARY_0, 2).judge()).toEqual([]);
    expect(new Look().silence(PRIMARY_0).judge()).toMatchObject([
      {
        kind: 'Promote',
        mode: 'Force',
        cause: 'Silent',
        shard: 0,
        candidate: { pod: 'redis-0-1' },
        because: 'redis-0-0 gave no answer to 3 probes in a row',
      },
    ]);
  });

  it('counts anew after any answer, an error reply as well', () => {
    const look = new Look().silence(PRIMARY_0, 2).hear(PRIMARY_0, { kind: 'Alive' }, NOW - 100);
    expect(look.hear(PRIMARY_0, MISS, NOW).judge()).toEqual([]);
  });

  it('says of a silent replica nothing', () => {
    expect(new Look().silence(REPLICA_0).judge()).toEqual([]);
  });

  it('holds while it reaches no majority of the primaries', () => {
    const verdicts = new Look().silence(PRIMARY_0).silence('10.0.1.0:6379').judge();
    expect(verdicts.map(({ kind }) => kind)).toEqual(['Hold', 'Hold']);
    expect(verdicts[0]?.because).toContain('only 1 of 3 primaries answer');
  });

  it('holds when no replica was in sync until the primary was last heard', () => {
    const late = new Look().hear(PRIMARY_0, primary(), NOW - 700);
    late.history.set(REPLICA_0, withAnswer(undefined, replicaOf(0, true), NOW - 9_000));
    late.hear(REPLICA_0, replicaOf(0, false), NOW - 8_000).silence(PRIMARY_0);
    expect(late.judge()).toMatchObject([{ kind: 'Hold', because: expect.stringContaining('in sync') }]);
    const never = new Look();
    never.history.set(REPLICA_0, withAnswer(undefined, replicaOf(0, false), NOW - 700));
    expect(never.silence(PRIMARY_0).judge()).toMatchObject([{ kind: 'Hold' }]);
  });

  it('holds when the only replica lags too far, is silent or is being deleted', () => {
    const far = new Look().hear(PRIMARY_0, primary(5_000_000), NOW - 700).silence(PRIMARY_0);
    expect(far.judge()).toMatchObject([{ kind: 'Hold' }]);
    expect(new Look().silence(PRIMARY_0).silence(REPLICA_0, 1).judge()).toMatchObject([{ kind: 'Hold' }]);
    const leaving = new Look().silence(PRIMARY_0).change('redis-0-1', { terminating: true });
    expect(leaving.judge()).toMatchObject([{ kind: 'Hold' }]);
  });

  it('takes the replica that has read most', () => {
    const look = new Look();
    look.pods = [...look.pods, { pod: 'redis-0-2', shard: 0, address: '10.0.0.2:6379', terminating: false }];
    look.hear('10.0.0.2:6379', replicaOf(0, true, 1_500), NOW - 700).silence(PRIMARY_0);
    expect(look.judge()).toMatchObject([{ kind: 'Promote', candidate: { pod: 'redis-0-2' } }]);
  });

  describe('of two replicas that have read as much, one of which was elected 15 s ago', () => {
    const SECOND = '10.0.0.2:6379';

    function look(secondOffset = 1_000): Look {
      const seen = new Look();
      seen.pods = [...seen.pods, { pod: 'redis-0-2', shard: 0, address: SECOND, terminating: false }];
      seen.hear(REPLICA_0, primary(1_000, 'r'), NOW - 15_000);
      seen.hear(REPLICA_0, replicaOf(0), NOW - 700);
      return seen.hear(SECOND, replicaOf(0, true, secondOffset), NOW - 700).silence(PRIMARY_0);
    }

    it('takes the other, where the server would make the elected one rest', () => {
      const seen = look();
      expect(seen.judge()).toMatchObject([{ candidate: { pod: 'redis-0-1' } }]);
      seen.engine = ENGINES.redis;
      expect(seen.judge()).toMatchObject([
        { candidate: { pod: 'redis-0-2' }, because: 'redis-0-0 gave no answer to 3 probes in a row' },
      ]);
    });

    it('takes none that has read less, and says for how long it will take', () => {
      const seen = look(900);
      seen.engine = ENGINES.redis;
      expect(seen.judge()).toMatchObject([
        {
          kind: 'Promote',
          candidate: { pod: 'redis-0-1' },
          because: expect.stringMatching(
            /, and redis-0-1 was elected recently: it can stand for election again in 5 s$/,
          ),
        },
      ]);
      seen.hear(REPLICA_0, { ...replicaOf(0), runId: 'another' } as ProbeAnswer, NOW);
      expect(seen.judge()[0]?.because).not.toContain('can stand for election again');
    });
  });

  it('asks no replica that would take the votes of its last election for new ones, of the engine that does', () => {
    const elected = (agoMs: number, engine = ENGINES.redis) => {
      const look = new Look();
      look.engine = engine;
      look.hear(REPLICA_0, primary(1_000, 'r'), NOW - agoMs);
      return look.hear(REPLICA_0, replicaOf(0), NOW - 700);
    };
    expect(elected(9_900).silence(PRIMARY_0).judge()).toMatchObject([
      { kind: 'Hold', because: expect.stringContaining('redis-0-1 was elected a moment ago') },
    ]);
    const terminating = elected(9_900).change('redis-0-0', { terminating: true });
    expect(terminating.judge()).toMatchObject([{ kind: 'Hold', cause: 'Terminating' }]);
    // A server counted old votes 10,002 ms after the election: a second is added to two node time-outs.
    expect(elected(10_900).silence(PRIMARY_0).judge()).toMatchObject([{ kind: 'Hold' }]);
    expect(elected(11_000).silence(PRIMARY_0).judge()).toMatchObject([{ kind: 'Promote' }]);
    expect(elected(9_900, ENGINES.valkey).silence(PRIMARY_0).judge()).toMatchObject([{ kind: 'Promote' }]);
    const other = elected(9_900);
    other.pods = [
      ...other.pods,
      { pod: 'redis-0-2', shard: 0, address: '10.0.0.2:6379', terminating: false },
    ];
    other.hear('10.0.0.2:6379', replicaOf(0, true, 900), NOW - 700).silence(PRIMARY_0);
    expect(other.judge()).toMatchObject([{ kind: 'Promote', candidate: { pod: 'redis-0-2' } }]);
  });

  it('believes a replica that still gets data from the primary', () => {
    const look = new Look().silence(PRIMARY_0).hear(REPLICA_0, replicaOf(0, true, 2_000), NOW);
    expect(look.judge()).toMatchObject([
      { kind: 'Hold', because: expect.stringContaining('redis-0-1 still receives data') },
    ]);
  });

  it('is quiet while an attempt is under way, and after one until the nodes agree on it', () => {
    const look = new Look().silence(PRIMARY_0);
    look.attempts = new Map([[0, { askedMs: NOW - 4_900 }]]);
    expect(look.judge()).toEqual([]);
    look.attempts = new Map([[0, { askedMs: NOW - 5_000 }]]);
    expect(look.judge()).toMatchObject([{ kind: 'Promote' }]);
    look.attempts = new Map([[0, { askedMs: NOW - 1_000, doneMs: NOW - 900 }]]);
    expect(look.judge()).toMatchObject([{ kind: 'Promote' }]);
    look.engine = ENGINES.redis;
    expect(look.judge()).toEqual([]);
  });

  it('leaves a pod that terminates to a server that hands over by itself', () => {
    const look = new Look().change('redis-0-0', { terminating: true });
    expect(look.judge()).toEqual([]);
    expect(look.silence(PRIMARY_0).judge()).toEqual([]);
  });

  it('hands over gracefully from a pod that terminates when the server does not, while it answers', () => {
    const look = new Look().change('redis-0-0', { terminating: true });
    look.engine = ENGINES.redis;
    expect(look.judge()).toMatchObject([{ kind: 'Promote', mode: 'Graceful', cause: 'Terminating' }]);
    expect(look.silence(PRIMARY_0).judge()).toEqual([]);
  });

  it('saves the data from a primary that has started anew, until a replica follows it again', () => {
    const look = new Look().hear(PRIMARY_0, primary(0, 'b'), NOW - 500);
    expect(look.judge()).toMatchObject([{ kind: 'Hold' }]);
    look.hear(REPLICA_0, replicaOf(0, false), NOW - 300);
    expect(look.judge()).toMatchObject([{ kind: 'Promote', mode: 'Force', cause: 'Restarted' }]);
    look.hear(REPLICA_0, replicaOf(0, true, 0), NOW - 100);
    expect(look.judge()).toEqual([]);
  });
});
