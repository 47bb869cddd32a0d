import { describe, expect, it } from 'vitest';
import type { FleetUpdate } from '../../api/dashboard/fleet.ts';
import { FleetFeed } from './fleet-feed.ts';
import { brokenRow } from './fleet-row.ts';

function updateSince(feed: FleetFeed, version: number): FleetUpdate | undefined {
  const message = feed.since(version);
  return message === undefined ? undefined : (JSON.parse(message.text) as FleetUpdate);
}

describe('FleetFeed', () => {
  it('gives a new viewer everything, and an old one what changed', () => {
    const feed = new FleetFeed();
    for (const key of ['ns/a', 'ns/b']) feed.put(brokenRow(key, []));
    const first = feed.since(0);
    expect(updateSince(feed, 0)).toMatchObject({ isWhole: true, rows: [{ key: 'ns/a' }, { key: 'ns/b' }] });
    expect(feed.since(first?.version ?? 0)).toBeUndefined();
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
    const { version = 0 } = feed.since(0) ?? {};
    feed.remove('ns/a');
    feed.put(brokenRow('ns/a', []));
    expect(updateSince(feed, version)).toMatchObject({ rows: [{ key: 'ns/a' }], removed: [] });
  });

  it('gives everything to a viewer that has missed more removals than are remembered', () => {
    const feed = new FleetFeed();
    feed.put(brokenRow('ns/stays', []));
    const { version = 0 } = feed.since(0) ?? {};
    for (let index = 0; index < 1001; index += 1) {
      feed.put(brokenRow(`ns/${index}`, []));
      feed.remove(`ns/${index}`);
    }
    expect(updateSince(feed, version)).toMatchObject({ isWhole: true, rows: [{ key: 'ns/stays' }] });
  });
});
