import { describe, expect, it } from 'vitest';
import { presenceCluster } from '../../../test/support/presence-cluster-builder.ts';
import { KubeError } from '../../platform/kube/errors.ts';
import { builtin, type KubeObject } from '../../platform/kube/resource.ts';
import { type Pace, RefusedWrites } from './refused-writes.ts';

const SECOND_MS = 1000;
const HOUR_MS = 3600 * SECOND_MS;

const refusal = (code: number) => new KubeError({ code, reason: 'No', message: `answer ${code}` });
const writeOf = (more: { pace?: Pace; content?: string; name?: string; verb?: string } = {}) => ({
  verb: more.verb ?? 'patch',
  kind: 'Pod',
  namespace: 'weddings',
  name: more.name ?? 'a',
  pace: more.pace ?? ('Patient' as const),
  content: () => more.content ?? 'same',
});

/** An API server that answers with this code, and the times at which it was asked. */
function world(code = 422) {
  const refused = new RefusedWrites();
  const sentMs: number[] = [];
  const state = { code };
  const send = (nowMs: number, write = writeOf()): Promise<string> =>
    refused.send(write, nowMs, async () => {
      sentMs.push(nowMs);
      if (state.code !== 200) throw refusal(state.code);
      return 'written';
    });
  return { refused, sentMs, state, send };
}

describe('RefusedWrites', () => {
  it.each([
    ['Urgent', 10, 600],
    ['Patient', 5, 1400],
  ] as const)(
    'sends a write of pace %s at most %i times per hour, and every %i s in the end',
    async (pace, most, last) => {
      const { send, sentMs } = world();
      for (let nowMs = 0; nowMs < 5 * HOUR_MS; nowMs += 5 * SECOND_MS)
        await expect(send(nowMs, writeOf({ pace }))).rejects.toThrow('answer 422');
      for (const from of sentMs)
        expect(sentMs.filter((at) => at >= from && at < from + HOUR_MS).length).toBeLessThanOrEqual(most);
      const [before = 0, end = 0] = sentMs.slice(-2);
      expect(end - before).toBe(last * SECOND_MS);
    },
  );

  it.each([
    ['Urgent', 5, 600],
    ['Patient', 8, 1400],
  ] as const)(
    'sends other contents of pace %s at once %i times, and then every %i s, ten times per hour',
    async (pace, atOnce, last) => {
      const { send, sentMs } = world();
      for (let nowMs = 0; nowMs < 5 * HOUR_MS; nowMs += 10 * SECOND_MS)
        await expect(send(nowMs, writeOf({ pace, content: String(nowMs) }))).rejects.toThrow('answer 422');
      const gaps = sentMs.slice(1).map((at, index) => (at - (sentMs[index] ?? 0)) / SECOND_MS);
      expect(gaps.slice(0, atOnce)).toEqual([...Array<number>(atOnce - 1).fill(10), last]);
      expect(Math.max(...gaps)).toBe(last);
      for (const from of sentMs)
        expect(sentMs.filter((at) => at >= from && at < from + HOUR_MS).length).toBeLessThanOrEqual(10);
    },
  );

  it('sends two contents that take turns soon after the cause is gone', async () => {
    const { send, sentMs, state } = world(403);
    const turn = (nowMs: number) =>
      Promise.allSettled(['a', 'b'].map((content) => send(nowMs, writeOf({ pace: 'Urgent', content }))));
    for (let nowMs = 0; nowMs < HOUR_MS / 4; nowMs += 60 * SECOND_MS) await turn(nowMs);
    state.code = 200;
    for (let nowMs = HOUR_MS / 4; nowMs <= HOUR_MS / 4 + 600 * SECOND_MS; nowMs += 60 * SECOND_MS)
      await turn(nowMs);
    expect(Math.max(...sentMs)).toBeGreaterThanOrEqual(HOUR_MS / 4);
  });

  it('remembers a thousand refusals of a namespace', async () => {
    const { send, sentMs } = world();
    const all = Array.from({ length: 1_001 }, (_, index) => writeOf({ name: String(index) }));
    for (const write of all) await expect(send(0, write)).rejects.toThrow('answer 422');
    for (const write of all.slice(1)) await expect(send(1, write)).rejects.toThrow('answer 422');
    expect(sentMs).toHaveLength(all.length);
    await expect(send(1, all[0])).rejects.toThrow('answer 422');
    expect(sentMs).toHaveLength(all.length + 1);
  });

  it('holds neither another object nor another verb', async () => {
    const { send, sentMs } = world();
    for (const more of [{}, { name: 'b' }, { verb: 'delete' }])
      await expect(send(0, writeOf(more))).rejects.toThrow('answer 422');
    expect(sentMs).toHaveLength(3);
  });

  it.each([401, 404, 409, 429, 500])(
    'holds nothing after an answer %i, which passes by itself',
    async (code) => {
      const { send, sentMs } = world(code);
      for (const nowMs of [0, 1]) await expect(send(nowMs)).rejects.toThrow(`answer ${code}`);
      expect(sentMs).toEqual([0, 1]);
    },
  );

  it('begins afresh after a success, another spec or another wish to retry', async () => {
    const { refused, send, state, sentMs } = world(403);
    const cluster = presenceCluster();
    refused.ask(cluster);
    await expect(send(0)).rejects.toThrow('answer 403');
    state.code = 200;
    refused.ask(cluster);
    await expect(send(1)).rejects.toThrow('answer 403');
    refused.ask({ ...cluster, metadata: { ...cluster.metadata, generation: 99 } });
    await expect(send(2)).resolves.toBe('written');
    state.code = 403;
    await expect(send(3)).rejects.toThrow('answer 403');
    refused.forget('weddings/wedsync');
    await expect(send(4)).rejects.toThrow('answer 403');
    expect(sentMs).toEqual([0, 2, 3, 4]);
  });

  it('takes an object whose creation is held for absent without looking, and no other', async () => {
    const { refused, send } = world();
    let looks = 0;
    const found = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' } } satisfies KubeObject;
    const read = (nowMs: number, answer?: KubeObject) =>
      refused.read(builtin.Pod, 'weddings', 'a', nowMs, async () => {
        looks += 1;
        return answer;
      });
    await read(0);
    await expect(send(0, writeOf({ verb: 'create' }))).rejects.toThrow('answer 422');
    expect(await read(1, found)).toBeUndefined();
    expect(looks).toBe(1);
    expect(await read(5 * SECOND_MS, found)).toEqual(found);
    await expect(send(5 * SECOND_MS, writeOf({ verb: 'apply' }))).rejects.toThrow('answer 422');
    expect(await read(5 * SECOND_MS, found)).toEqual(found);
    expect(looks).toBe(3);
  });

  it('takes it for absent also when it was looked for after the refusal', async () => {
    const { refused, send } = world();
    let looks = 0;
    const read = (nowMs: number) =>
      refused.read(builtin.Pod, 'weddings', 'a', nowMs, async () => {
        looks += 1;
        return undefined;
      });
    await expect(send(0, writeOf({ verb: 'create' }))).rejects.toThrow('answer 422');
    for (let nowMs = 0; nowMs < 5 * SECOND_MS; nowMs += SECOND_MS) expect(await read(nowMs)).toBeUndefined();
    expect(looks).toBe(1);
  });
});
