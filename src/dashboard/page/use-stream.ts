import { useEffect, useState } from 'react';
import type { DashboardHealth } from '../../api/dashboard/health.ts';
import type { StreamEvent } from './event-stream.ts';
import type { ServerData } from './server-data.ts';

/** What came by a stream. */
export interface Streamed<T> {
  value: T | undefined;
  health: DashboardHealth | undefined;
  lastHeardMs: number | undefined;
  failure: string | undefined;
}

const NOTHING = { value: undefined, health: undefined, lastHeardMs: undefined, failure: undefined };

/**
 * Follows a stream of the server as long as the component is there.
 *
 * @param take the value after a message; it must stay the same function
 */
export function useStream<T>(
  data: ServerData,
  path: string,
  take: (value: T | undefined, event: StreamEvent) => T | undefined,
): Streamed<T> {
  const [state, setState] = useState<Streamed<T> & { path: string }>({ ...NOTHING, path });
  useEffect(() => {
    const stop = new AbortController();
    const change = (next: (before: Streamed<T>) => Streamed<T>): void =>
      setState((before) => ({ ...next(before.path === path ? before : NOTHING), path }));
    const onEvent = (event: StreamEvent): void =>
      change((before) => ({
        ...before,
        lastHeardMs: Date.now(),
        health: event.event === 'health' ? (JSON.parse(event.data) as DashboardHealth) : before.health,
        value: event.event === 'health' ? before.value : take(before.value, event),
      }));
    void data.follow(path, stop.signal, onEvent, (failure) => change((before) => ({ ...before, failure })));
    return () => stop.abort();
  }, [data, path, take]);
  return state.path === path ? state : NOTHING;
}
