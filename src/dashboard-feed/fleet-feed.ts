import type { FleetRow } from '../api/dashboard/fleet.ts';
import { eventFrame, type Feed, type FeedMessage } from './live-stream.ts';
import type { Sight } from './viewer.ts';

/** Removals that are remembered; a viewer that is further behind gets everything again. */
const MAX_REMOVED = 1000;
/** Answers that are kept until the next change: viewers at the same version who may see the same get the same. */
const MAX_ANSWERS = 50;
/** Of these answers together: the whole board of a thousand PresenceClusters takes about one. */
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;

/** A row as it is sent. */
interface SentRow {
  namespace: string;
  text: string;
  version: number;
}

interface Removal {
  key: string;
  namespace: string;
  version: number;
}

/** The board of all PresenceClusters: each viewer gets the rows that changed since its last message and that it may see. */
export class FleetFeed implements Feed {
  readonly #rows = new Map<string, SentRow>();
  readonly #removed: Removal[] = [];
  readonly #answers = new Map<string, FeedMessage>();
  #answerBytes = 0;
  #version = 1;
  /** Viewers at this version or before it miss removals. */
  #forgotten = 0;

  /** @returns whether the row differs from before */
  put(row: FleetRow): boolean {
    const text = JSON.stringify(row);
    if (this.#rows.get(row.key)?.text === text) return false;
    this.#rows.set(row.key, { namespace: row.namespace, text, version: this.#next() });
    return true;
  }

  /** @returns whether it was there */
  remove(key: string): boolean {
    const row = this.#rows.get(key);
    if (row === undefined) return false;
    this.#rows.delete(key);
    this.#removed.push({ key, namespace: row.namespace, version: this.#next() });
    if (this.#removed.length > MAX_REMOVED) this.#forgotten = this.#removed.shift()?.version ?? 0;
    return true;
  }

  since(version: number, sight: Sight): FeedMessage | undefined {
    if (version === this.#version) return undefined;
    const key = `${version} ${sight.key}`;
    const known = this.#answers.get(key);
    if (known !== undefined) return known;
    const message = this.#messageSince(version, sight);
    const bytes = message.frame?.length ?? 0;
    if (this.#answers.size < MAX_ANSWERS && this.#answerBytes + bytes <= MAX_ANSWER_BYTES) {
      this.#answers.set(key, message);
      this.#answerBytes += bytes;
    }
    return message;
  }

  #next(): number {
    this.#answers.clear();
    this.#answerBytes = 0;
    this.#version += 1;
    return this.#version;
  }

  /** A `FleetUpdate`, put together from the texts of its rows. */
  #messageSince(since: number, sight: Sight): FeedMessage {
    const isWhole = since <= this.#forgotten;
    const isNews = ({ version, namespace }: SentRow | Removal): boolean =>
      (isWhole || version > since) && sight.sees(namespace);
    const rows = [...this.#rows.values()].filter(isNews).map(({ text }) => text);
    const removed = isWhole ? [] : this.#removed.filter((each) => isNews(each) && !this.#rows.has(each.key));
    if (!isWhole && rows.length + removed.length === 0) return { version: this.#version };
    const keys = JSON.stringify(removed.map(({ key }) => key));
    const text = `{"isWhole":${isWhole},"rows":[${rows.join(',')}],"removed":${keys}}`;
    return { version: this.#version, frame: eventFrame('fleet', text) };
  }
}
