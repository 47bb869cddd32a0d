import { describe, expect, it } from 'vitest';
import type { FleetUpdate } from '../api/dashboard/fleet.ts';
import { FleetFeed } from './fleet-feed.ts';
import { brokenRow } from './pages/fleet-row.ts';
import { EVERYTHING, type Sight } from './viewer.ts';

function updateSince(feed: FleetFeed, version: number, sight = EVERYTHING): FleetUpdate | undefined {
  const text = feed.since(version, sight)?.frame?.toString().split('data: ')[1];
  return text === undefined ? undefined : (JSON.parse(text) as FleetUpdate);
}

describe('FleetFeed', () => {
  it('gives a new viewer everything, and an old one what changed', () => {
    const feed = new FleetFeed();
    for (const key of ['ns/a', 'ns/b']) feed.put(brokenRow(key, []));
    const first = feed.since(0, EVERYTHING);
    expect(updateSince(feed, 0)).toMatchObject({ isWhole: true, rows: [{ key: 'ns/a' }, { key: 'ns/b' }] });
    expect(feed.since(first?.version ?? 0, EVERYTHING)).toBeUndefined();
    expect(feed.put(brokenRow('ns/a', []))).toBe(false);
    expect(feed.put(brokenRow('ns/a', ['spec']))).toBe(true);
    expect(feed.remove('ns/b')).toBe(true);
    expect(updateSince(feed, first?.version ?? 0)).toMatchObject({
      isWhole: false,
      rows: [{ key: 'ns/a' }],
      removed: ['ns/b'],
    });
  });

  it('does not remove what is there again', () => {
    const feed = new FleetFeed();
    feed.put(brokenRow('ns/a', []));
    const { version = 0 } = feed.since(0, EVERYTHING) ?? {};
    feed.remove('ns/a');
    feed.put(brokenRow('ns/a', []));
    expect(updateSince(feed, version)).toMatchObject({ rows: [{ key: 'ns/a' }], removed: [] });
  });

  it('gives everything to a viewer that has missed more removals than are remembered', () => {
    const feed = new FleetFeed();
    feed.put(brokenRow('ns/stays', []));
    const { version = 0 } = feed.since(0, EVERYTHING) ?? {};
    for (let index = 0; index < 1001; index += 1) {
      feed.put(brokenRow(`ns/${index}`, []));
      feed.remove(`ns/${index}`);
    }
    expect(updateSince(feed, version)).toMatchObject({ isWhole: true, rows: [{ key: 'ns/stays' }] });
  });

  it('gives a viewer of one namespace no answer that was made for a viewer of all, whatever its name is', () => {
    const feed = new FleetFeed();
    for (const name of ['everything', 'all', 'theirs']) feed.put(brokenRow(`${name}/a`, []));
    expect(updateSince(feed, 0)?.rows).toHaveLength(3);
    for (const name of ['everything', 'all']) {
      const sight: Sight = { key: name, sees: (namespace) => namespace === name };
      expect(updateSince(feed, 0, sight)?.rows).toMatchObject([{ key: `${name}/a` }]);
    }
    expect(EVERYTHING.key).not.toMatch(/^[-a-z0-9 ]*$/);
  });

  it('gives each viewer only rows and removals of the namespaces that it may see', () => {
    const feed = new FleetFeed();
    const mine: Sight = { key: 'mine', sees: (namespace) => namespace === 'mine' };
    feed.put(brokenRow('mine/a', []));
    feed.put(brokenRow('theirs/a', []));
    expect(updateSince(feed, 0, mine)).toMatchObject({ isWhole: true, rows: [{ key: 'mine/a' }] });
    expect(updateSince(feed, 0)?.rows).toHaveLength(2);
    const { version = 0 } = feed.since(0, mine) ?? {};
    feed.put(brokenRow('theirs/b', []));
    feed.remove('theirs/a');
    // The viewer gets the new version and no rows: those that changed are not in its namespaces.
    const silent = feed.since(version, mine);
    expect(silent).toEqual({ version: expect.any(Number) });
    expect(feed.since(silent?.version ?? 0, mine)).toBeUndefined();
    feed.remove('mine/a');
    expect(updateSince(feed, version, mine)).toEqual({ isWhole: false, rows: [], removed: ['mine/a'] });
  });
});
