import { useCallback, useMemo, useRef, useSyncExternalStore } from 'react';
import type { Presence } from '../presence.ts';
import type { PresenceClient } from '../presence-client.ts';
import type { WeddingSnapshot } from '../wedding-snapshot.ts';
import { sharedWedding } from './shared-wedding.ts';

/** What is known of a wedding, and how to change what this client shows in it. */
export interface UsedWedding extends WeddingSnapshot {
  /** As `update` of the handle. The same function at each render. */
  readonly update: (patch: Presence) => Promise<void>;
}

/**
 * Joins a wedding while the component is mounted, and renders again at each change. Several components share one membership, and
 * StrictMode's second mount is not seen by others. What the server or the client refuses for good is `state` `closed` with its
 * `reason`. On a server nothing is joined, and the list is empty.
 *
 * @param client made once, outside of components
 * @param wedding its name
 * @param presence what to show at the join; `update` changes it later
 */
export function useWedding(client: PresenceClient, wedding: string, presence?: Presence): UsedWedding {
  const shared = sharedWedding(client, wedding);
  const latest = useRef(presence);
  latest.current = presence;
  const subscribe = useCallback(
    (listener: () => void) => shared.subscribe(latest.current, listener),
    [shared],
  );
  const snapshot = useSyncExternalStore(subscribe, shared.getSnapshot, shared.getSnapshot);
  return useMemo(() => ({ ...snapshot, update: shared.update }), [snapshot, shared]);
}
