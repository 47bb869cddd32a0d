import { FUNCTION_SOURCE } from './function-source.ts';

/** A Redis function library: the source for `FUNCTION LOAD REPLACE`, and the name that `FUNCTION LIST` shows. */
export interface FunctionLibrary {
  readonly name: string;
  readonly source: string;
}

/**
 * The only code that changes the presence of a wedding in Redis; its Lua is in `functions.lua`. It must be loaded on every
 * primary: functions replicate to replicas and survive a failover, but are not copied from one primary to another.
 *
 * The version is part of the name and of every function, so that two versions can be loaded side by side during a rollout
 * (version 1 had no history and no run id, version 2 tidied up in every call, version 3 had no limit per person and no
 * removals, version 4 ended a lease by the clock alone; their keys are otherwise the same, so pods of all versions see each
 * other). A change of a key, an argument or an answer needs a new version, and so does any change that must reach primaries
 * which have the current one.
 *
 * KEYS, all of one slot: 1 connections (hash: connection id to entry), 2 leases (sorted set: pod to deadline),
 * 3 graces (sorted set: connection id to deadline), 4 meta (hash: e epoch, s sequence number, b last call of a server with a lease,
 * r run id, w last tidy-up, x when deadlines were last postponed for a stall), 5 the sharded channel, declared as a key so that Redis checks
 * its slot, 6 history (stream of joins, losses and leaves; at most 1,152 entries, kept for two days), 7 removals (hash:
 * removed user to the end of the removal).
 *
 * An epoch belongs to one run of one primary (`run_id` of INFO, read once per process): after a failover or a restart,
 * planned or not, numbers may have been lost, so the first call starts a new epoch.
 *
 * ARGV of every function: 1 pod incarnation or empty (a reader without clients), 2 lease in ms, 3 time to live of
 * the keys in ms, 4 and 5 the epoch and sequence number the caller has seen, 6 a stamp that is published with the
 * change. Times are those of the primary (`TIME`).
 *
 * An answer: 1 epoch, 2 sequence number, 3 further result of the function or '', 4 the leases that are about to end (pod,
 * end, pod, end, ...), left out when there is none. The caller repeats these to `expire` a moment later. That call ends those
 * that have not been renewed since.
 *
 * An entry: u user, b body (JSON text that Redis never parses), p pod, a `p` present or `r` reconnecting,
 * y reason of `r`, t since, s since when the person is there (of a further connection of a person), w last update,
 * v sequence number of the last change, g grace in ms.
 *
 * A message on the channel: {e, s, o stamp, c: [{i connection, v entry} or {i connection, y reason of the removal}]};
 * f in a change: another writer than the pod of the connection set the body, and the pod has to take it over.
 *
 * An entry of the history: i connection, u user, k kind (joined, resumed, back, reconnecting, gone), y reason,
 * r role (of joined and resumed).
 */
export const PRESENCE_FUNCTIONS: FunctionLibrary = {
  name: 'presence5',
  source: FUNCTION_SOURCE,
};
