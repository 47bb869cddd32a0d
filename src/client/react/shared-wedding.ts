import type { JoinedWedding } from '../joined-wedding.ts';
import type { Presence } from '../presence.ts';
import type { PresenceClient } from '../presence-client.ts';
import type { PresenceError } from '../presence-error.ts';
import type { WeddingSnapshot } from '../wedding-snapshot.ts';

/**
 * A wedding without a component stays joined for this time: StrictMode unmounts and mounts at once, and of two pages the first goes
 * before the second comes. Others see nothing of either.
 */
const LINGER_MS = 100;

/** One wedding of one client, joined while at least one component shows it. */
export class SharedWedding {
  readonly #client: PresenceClient;
  readonly #wedding: string;
  readonly #idle: WeddingSnapshot;
  /** In the place of a handle: why there is none. */
  #refused: WeddingSnapshot | undefined;
  #handle: JoinedWedding | undefined;
  #components = 0;
  #leaving: ReturnType<typeof setTimeout> | undefined;

  constructor(client: PresenceClient, wedding: string) {
    this.#client = client;
    this.#wedding = wedding;
    this.#idle = {
      wedding,
      state: 'connecting',
      reason: undefined,
      members: [],
      team: undefined,
      staleMs: 0,
      provisional: new Set(),
    };
  }

  readonly getSnapshot = (): WeddingSnapshot => this.#handle?.getSnapshot() ?? this.#refused ?? this.#idle;

  subscribe(presence: Presence | undefined, listener: () => void): () => void {
    this.#components++;
    let end = (): void => {};
    try {
      end = this.#joined(presence).subscribe(listener);
    } catch (error) {
      this.#refused = { ...this.#idle, state: 'closed', reason: error as PresenceError };
      listener();
    }
    return () => {
      end();
      this.#components--;
      this.#leaveSoon();
    };
  }

  readonly update = async (patch: Presence): Promise<void> => {
    const handle = this.#joined(undefined);
    // A child asks in its effect, before the component that joins has had its own.
    this.#leaveSoon();
    await handle.update(patch);
  };

  #joined(presence: Presence | undefined): JoinedWedding {
    clearTimeout(this.#leaving);
    this.#handle ??= this.#client.wedding(this.#wedding, presence);
    this.#refused = undefined;
    return this.#handle;
  }

  #leaveSoon(): void {
    if (this.#components > 0) return;
    clearTimeout(this.#leaving);
    this.#leaving = setTimeout(() => {
      this.#handle?.leave().catch(() => {});
      this.#handle = undefined;
    }, LINGER_MS);
  }
}

const shared = new WeakMap<PresenceClient, Map<string, SharedWedding>>();

/** The one of this client and wedding. */
export function sharedWedding(client: PresenceClient, wedding: string): SharedWedding {
  const weddings = shared.get(client) ?? new Map<string, SharedWedding>();
  shared.set(client, weddings);
  const found = weddings.get(wedding) ?? new SharedWedding(client, wedding);
  weddings.set(wedding, found);
  return found;
}
