import type { FleetRow, FleetUpdate } from '../../api/dashboard/fleet.ts';
import type { Feed, FeedText } from './live-stream.ts';

/** Removals that are remembered; a viewer that is further behind gets everything again. */
const MAX_REMOVED = 1000;

/** The board of all PresenceClusters: each viewer gets the rows that changed since its last message. */
export class FleetFeed implements Feed {
  readonly #rows = new Map<string, { row: FleetRow; text: string; version: number }>();
  readonly #removed: { key: string; version: number }[] = [];
  #version = 1;
  /** Viewers at this version or before it miss removals. */
  #forgotten = 0;
  /** The last answer: most viewers are at the same version. */
  #last: { since: number; version: number; text: string } | undefined;

  /** @returns whether the row differs from before */
  put(row: FleetRow): boolean {
    const text = JSON.stringify(row);
    if (this.#rows.get(row.key)?.text === text) return false;
    this.#version += 1;
    this.#rows.set(row.key, { row, text, version: this.#version });
    return true;
  }

  /** @returns whether it was there */
  remove(key: string): boolean {
    if (!this.#rows.delete(key)) return false;
    this.#version += 1;
    this.#removed.push({ key, version: this.#version });
    if (this.#removed.length > MAX_REMOVED) this.#forgotten = this.#removed.shift()?.version ?? 0;
    return true;
  }

  row(key: string): FleetRow | undefined {
    return this.#rows.get(key)?.row;
  }

  keys(): string[] {
    return [...this.#rows.keys()];
  }

  since(version: number): FeedText | undefined {
    if (version === this.#version) return undefined;
    if (this.#last?.since !== version || this.#last.version !== this.#version) {
      this.#last = { since: version, version: this.#version, text: JSON.stringify(this.#update(version)) };
    }
    return { event: 'fleet', version: this.#version, text: this.#last.text };
  }

  #update(since: number): FleetUpdate {
    const isWhole = since <= this.#forgotten;
    const rows = [...this.#rows.values()].filter(({ version }) => isWhole || version > since);
    const removed = isWhole
      ? []
      : this.#removed.filter(({ key, version }) => version > since && !this.#rows.has(key));
    return { isWhole, rows: rows.map(({ row }) => row), removed: removed.map(({ key }) => key) };
  }
}
