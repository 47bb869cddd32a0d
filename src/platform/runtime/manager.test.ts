import { getEventListeners } from 'node:events';
import { beforeEach, describe, expect, it } from 'vitest';
import { ManualClock, settle } from '../../../test/support/manual-clock.ts';
import { silentLogger } from '../telemetry/log.ts';
import type { Controller } from './controller.ts';
import {
  type Cache,
  createManager,
  type Election,
  LeadershipLostError,
  type ManagerOptions,
} from './manager.ts';

let clock: ManualClock;
let story: string[];
let fill: () => void;
let elect: () => void;
let lose: () => void;
let cache: Cache;
let controller: Controller;
let election: Election;
let lastError: Cache['lastError'];
let stuck: boolean;

beforeEach(() => {
  clock = new ManualClock();
  story = [];
  lastError = undefined;
  stuck = false;
  let filled = false;
  const synced = new Promise<void>((resolve) => {
    fill = () => {
      filled = true;
      resolve();
    };
  });
  cache = {
    name: 'pods',
    start: () => void story.push('cache starts'),
    hasSynced: () => filled,
    synced: () => synced,
    get lastError() {
      return lastError;
    },
    checkProgress: () => {
      if (stuck) throw new Error('no sign of life');
    },
    stop: async () => void story.push('cache stops'),
  };
  controller = {
    name: 'test',
    start: () => void story.push('controller starts'),
    stop: async (graceMs) => void story.push(`controller stops in ${graceMs}`),
    abort: () => void story.push('controller is aborted'),
    checkProgress: () => undefined,
  };
  const elected = new Promise<void>((resolve) => {
    elect = resolve;
  });
  const losing = new AbortController();
  lose = () => losing.abort();
  election = {
    start: () => void story.push('election starts'),
    elected: () => elected,
    lost: losing.signal,
    stop: async () => void story.push('election stops'),
  };
});

function run(more: Partial<ManagerOptions> = {}) {
  const end = new AbortController();
  const manager = createManager({
    caches: [cache],
    controllers: [controller],
    election,
    clock,
    log: silentLogger(),
    ...more,
  });
  let outcome: unknown = 'running';
  const finished = manager.run(end.signal).then(
    () => {
      outcome = 'ended';
    },
    (error: unknown) => {
      outcome = error;
    },
  );
  return { manager, end, finished, outcome: () => outcome };
}

describe('manager', () => {
  it('starts in order, each step after the one before, and stops in the opposite order', async () => {
    const { end, finished, outcome } = run();
    await settle();
    expect(story).toEqual(['cache starts']);
    fill();
    await settle();
    expect(story).toEqual(['cache starts', 'election starts']);
    elect();
    await settle();
    expect(story).toEqual(['cache starts', 'election starts', 'controller starts']);
    end.abort();
    await finished;
    expect(outcome()).toBe('ended');
    expect(story.slice(3)).toEqual(['controller stops in 30000', 'election stops', 'cache stops']);
    expect(clock.pending).toBe(0);
  });

  it('is ready with full caches, leader or not', async () => {
    const { manager, end, finished } = run();
    const check = manager.readyChecks['cache-pods'];
    expect(() => check?.()).toThrow('not complete');
    fill();
    await settle();
    expect(check?.()).toBeUndefined();
    end.abort();
    await finished;
    expect(story).not.toContain('controller starts');
  });

  it('goes on without a cache that waits for people, and starts who needs it when it is there', async () => {
    lastError = { kind: 'forbidden', message: 'pods is forbidden' };
    const other = { ...controller, name: 'other', start: () => void story.push('other starts') };
    const { manager, end, finished } = run({
      controllers: [controller, other],
      needs: ({ name }) => (name === 'other' ? [] : [cache]),
    });
    elect();
    await clock.advance(1_000);
    expect(story).toEqual(['cache starts', 'election starts', 'other starts']);
    expect(() => manager.readyChecks['cache-pods']?.()).toThrow('forbidden: pods is forbidden');
    fill();
    await settle();
    expect(story).toContain('controller starts');
    end.abort();
    await finished;
  });

  it('waits two minutes for an API server in trouble, then goes on with what there is', async () => {
    lastError = { kind: 'unavailable', message: 'answer 500' };
    const { end, finished } = run();
    await clock.advance(119_000);
    expect(story).toEqual(['cache starts']);
    await clock.advance(2_000);
    expect(story).toEqual(['cache starts', 'election starts']);
    elect();
    end.abort();
    await finished;
    fill();
    await settle();
    expect(story).not.toContain('controller starts');
  });

  it('is not alive when a watch is stuck or the event loop was stalled', async () => {
    const { manager, end, finished } = run();
    await settle();
    const failing = () =>
      Object.entries(manager.liveChecks).flatMap(([name, check]) => {
        try {
          void check();
          return [];
        } catch {
          return [name];
        }
      });
    expect(failing()).toEqual([]);
    stuck = true;
    expect(failing()).toEqual(['watch-pods']);
    stuck = false;
    clock.stall(10_000);
    expect(failing()).toEqual(['event-loop']);
    end.abort();
    await finished;
  });

  it('ends at once, without grace, when leadership is lost', async () => {
    const { finished, outcome } = run();
    fill();
    elect();
    await settle();
    lose();
    await finished;
    expect(outcome()).toBeInstanceOf(LeadershipLostError);
    expect(story.slice(3)).toEqual([
      'controller is aborted',
      'controller stops in 0',
      'election stops',
      'cache stops',
    ]);
  });

  it('ends in order with the error of a task that cannot start', async () => {
    const broken = {
      name: 'broken',
      start: () => {
        throw new Error('no port');
      },
      stop: async () => undefined,
    };
    const { finished, outcome } = run({ tasks: [broken] });
    fill();
    elect();
    await finished;
    expect(outcome()).toEqual(new Error('no port'));
    expect(story.slice(-2)).toEqual(['election stops', 'cache stops']);
    expect(clock.pending).toBe(0);
  });

  it('gives the lease back also when a task cannot stop, and says so', async () => {
    const stuck = {
      name: 'stuck',
      start: () => undefined,
      stop: () => Promise.reject(new Error('still busy')),
    };
    const { end, finished, outcome } = run({ tasks: [stuck] });
    fill();
    elect();
    await settle();
    end.abort();
    await finished;
    expect(outcome()).toEqual(new Error('still busy'));
    expect(story.slice(-2)).toEqual(['election stops', 'cache stops']);
    expect(clock.pending).toBe(0);
  });

  it('lets what was said last be sent before the lease goes back, for two seconds at most', async () => {
    let saidAll: () => void = () => undefined;
    const drain = () =>
      new Promise<void>((resolve) => {
        story.push('drains');
        saidAll = resolve;
      });
    for (const sent of [true, false]) {
      const { end, finished } = run({ drain });
      fill();
      elect();
      await settle();
      story = [];
      end.abort();
      await settle();
      expect(story).toEqual(['controller stops in 30000', 'drains']);
      if (sent) saidAll();
      await clock.advance(sent ? 0 : 2_000);
      await finished;
      expect(story.slice(2)).toEqual(['election stops', 'cache stops']);
      expect(clock.pending).toBe(0);
    }
  });

  it('sends nothing more when leadership is lost', async () => {
    const { finished } = run({ drain: async () => void story.push('drains') });
    fill();
    elect();
    await settle();
    lose();
    await finished;
    expect(story).not.toContain('drains');
  });

  it('leaves no listener behind for each look at caches that are slow', async () => {
    const { manager: _, end, finished } = run();
    await clock.advance(60_000);
    expect(getEventListeners(end.signal, 'abort').length).toBeLessThan(3);
    end.abort();
    await finished;
  });

  it('can be stopped while it waits for caches', async () => {
    const { end, finished, outcome } = run();
    await settle();
    end.abort();
    await finished;
    expect(outcome()).toBe('ended');
    expect(clock.pending).toBe(0);
  });
});
