import type { Member } from '../../../src/api/protocol/member.ts';
import type { MemberChange } from '../../../src/api/protocol/messages.ts';
import { WeddingView } from '../../../src/client/wedding-view.ts';
import type { PresenceServer } from '../../../src/presence/server.ts';
import { eventually, signToken } from './presence-pods.ts';
import { RawClient } from './raw-client.ts';

/** The value of the first line of the metrics of a pod that fits; 0 without one. */
export async function metric(pod: PresenceServer, line: RegExp): Promise<number> {
  return Number(line.exec(await pod.metrics.registry.metrics())?.[1] ?? 0);
}

export function untilPeers(pod: PresenceServer, atLeast: number): Promise<number> {
  return eventually(
    () => metric(pod, /^presence_peers (\d+)$/m),
    (count) => count >= atLeast,
  );
}

export async function joinAs(user: string, pod: { port: number }, wedding: string, more: object = {}) {
  return RawClient.join(pod.port, await signToken({ user, weddings: [wedding] }), wedding, more);
}

/** What a client shows, and where it is. */
export function viewOf(client: RawClient): WeddingView {
  const view = new WeddingView();
  for (const message of client.received) {
    if (message.type === 'snapshot') view.replace(message);
    if (message.type === 'diff') view.apply(message);
    if (message.type === 'provisional') view.showProvisional(message);
  }
  return view;
}

/** State and status of somebody, as a client shows it. */
export function shows(client: RawClient, user: string): string | undefined {
  const member = viewOf(client).members.get(user);
  return member && `${member.state} ${member.status}`;
}

/** Resolves with the milliseconds it took. */
export async function untilShown(
  client: RawClient,
  user: string,
  what: string | undefined,
  withinMs: number,
): Promise<number> {
  const start = performance.now();
  await eventually(
    () => shows(client, user),
    (seen) => seen === what,
    withinMs,
  );
  return performance.now() - start;
}

/** Everything that a client was told of somebody's state, without repetitions. */
export function statesOf(client: RawClient, user: string): string[] {
  const states = client.received.flatMap((message) => {
    if (message.type === 'snapshot')
      return message.members.flatMap((member) => (member.user === user ? [member.state] : []));
    if (message.type !== 'diff' && message.type !== 'provisional') return [];
    return message.changes.flatMap((change) => {
      if (change.op === 'leave') return change.user === user ? ['left'] : [];
      return change.member.user === user ? [change.member.state] : [];
    });
  });
  return states.filter((state, index) => state !== states[index - 1]);
}

/**
 * What was shown of `writer`, which is told when Redis is late to confirm. Only then it may be shown again: such an update may be
 * written twice, by the client that was told so and by its server.
 */
export function withoutRepetitions(changes: readonly MemberChange[], writer: RawClient): MemberChange[] {
  if (writer.all('error').length === 0) return [...changes];
  const said = (change: MemberChange | undefined) =>
    JSON.stringify(change?.op === 'set' ? { ...change.member, updatedAt: 0 } : change);
  return changes.filter((change, index) => said(change) !== said(changes[index - 1]));
}

export interface ConvergedState {
  readonly epoch: string;
  readonly seq: number;
  readonly members: readonly Member[];
}

/** All clients are at one position with one state, and nothing provisional is left. */
export async function untilConverged(clients: readonly RawClient[]): Promise<ConvergedState> {
  const states = () =>
    clients.map((client) => {
      const view = viewOf(client);
      const members = [...view.members.values()].toSorted((a, b) => a.user.localeCompare(b.user));
      return JSON.stringify({
        epoch: view.epoch,
        seq: view.seq,
        provisional: [...view.provisional],
        members,
      });
    });
  const [state = ''] = await eventually(
    states,
    (all) => new Set(all).size === 1 && (all[0] ?? '').includes('"provisional":[]'),
  );
  return JSON.parse(state) as ConvergedState;
}
