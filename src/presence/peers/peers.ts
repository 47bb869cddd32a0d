import { type ClientRequest, Agent as HttpAgent, request } from 'node:http';
import type { ProvisionalState } from '../../domain/presence-state/provisional.ts';
import type { Clock } from '../../platform/runtime/clock.ts';
import type { Logger } from '../../platform/telemetry/log.ts';
import { withDeadline } from '../store/deadline.ts';
import type { PeerKey } from './peer-key.ts';
import { encodePeerMessages } from './peer-message.ts';

/** The path for messages of peers, on the port of the probes. */
export const PEER_PATH = '/peers/v1/provisional';
/** The header with the incarnation of the sender. */
export const PEER_HEADER = 'x-presence-peer';

export interface PeersDeps {
  readonly incarnation: string;
  readonly key: PeerKey;
  readonly clock: Pick<Clock, 'monotonicMs' | 'setTimeout'>;
  readonly log: Logger;
  readonly sent: (result: 'ok' | 'refused' | 'failed') => void;
}

/** The address of another pod. */
export interface PeerAddress {
  readonly incarnation: string;
  readonly host: string;
  readonly port: number;
}

interface Peer extends PeerAddress {
  seenAt: number;
  sending: boolean;
  /** By wedding; a later state replaces an earlier one. */
  readonly waiting: Map<string, ProvisionalState>;
}

/** More than any fleet has; a larger number would be a defect or forged. */
const MAX_PEERS = 1_000;
/** A pod that was not seen in the fleet for this long is gone. While Redis is away no pod is seen, and none is removed. */
const REMOVE_AFTER_MS = 60_000;
/** A message that is not delivered by then is outdated: the next state contains all of it. */
const DELIVER_WITHIN_MS = 1_000;

/**
 * Sends provisional states to other pods: one message at a time per pod; later states wait, one per wedding. Nothing is
 * repeated here: degraded mode publishes its state every second while it holds.
 */
export class Peers {
  readonly #deps: PeersDeps;
  readonly #peers = new Map<string, Peer>();
  readonly #agent = new HttpAgent({ keepAlive: true, maxSockets: 1, maxFreeSockets: 1 });
  readonly #open = new Set<ClientRequest>();

  constructor(deps: PeersDeps) {
    this.#deps = deps;
  }

  get size(): number {
    return this.#peers.size;
  }

  /** These pods are in the fleet now. */
  note(addresses: readonly PeerAddress[]): void {
    const now = this.#deps.clock.monotonicMs();
    for (const address of addresses.slice(0, MAX_PEERS)) {
      const known = this.#peers.get(address.incarnation);
      if (known?.host === address.host && known.port === address.port) known.seenAt = now;
      else
        this.#peers.set(address.incarnation, { ...address, seenAt: now, sending: false, waiting: new Map() });
    }
    for (const [incarnation, { seenAt }] of this.#peers)
      if (now - seenAt > REMOVE_AFTER_MS) this.#peers.delete(incarnation);
  }

  /** Sends the state that this pod wants of a wedding to these pods; this pod and unknown ones are skipped. */
  publish(wedding: string, state: ProvisionalState, to: Iterable<string>): void {
    if (!this.#deps.key.usable) return;
    for (const incarnation of to) {
      const peer = this.#peers.get(incarnation);
      if (peer === undefined || incarnation === this.#deps.incarnation) continue;
      peer.waiting.set(wedding, state);
      if (!peer.sending) void this.#send(peer);
    }
  }

  close(): void {
    for (const peer of this.#peers.values()) peer.waiting.clear();
    for (const one of this.#open) one.destroy();
    this.#agent.destroy();
  }

  async #send(peer: Peer): Promise<void> {
    peer.sending = true;
    // Rooms of the same shard change together: states of one turn go into one message.
    await Promise.resolve();
    while (peer.waiting.size > 0) {
      const all = [...peer.waiting].map(([wedding, state]) => ({ wedding, state }));
      peer.waiting.clear();
      for (const body of encodePeerMessages(all)) await this.#post(peer, body);
    }
    peer.sending = false;
  }

  async #post(peer: Peer, body: string): Promise<void> {
    const { incarnation, key, log, sent } = this.#deps;
    const sealed = key.seal({ from: incarnation, to: peer.incarnation }, body);
    if (sealed === undefined) return;
    try {
      const status = await this.#request(peer, sealed);
      sent(status === 204 ? 'ok' : 'refused');
      if (status !== 204) log.debug({ status, peer: peer.incarnation }, 'a peer refused a message');
    } catch (error) {
      sent('failed');
      log.debug({ err: error, peer: peer.incarnation }, 'could not reach a peer');
    }
  }

  async #request(peer: Peer, sealed: Buffer): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    const one = request(
      {
        host: peer.host,
        port: peer.port,
        path: PEER_PATH,
        method: 'POST',
        agent: this.#agent,
        headers: {
          'content-type': 'application/octet-stream',
          'content-length': sealed.length,
          [PEER_HEADER]: this.#deps.incarnation,
        },
      },
      (response) => {
        response.resume();
        response.once('end', () => resolve(response.statusCode ?? 0));
      },
    );
    one.once('error', reject);
    one.once('close', () => {
      this.#open.delete(one);
      reject(new Error('the connection ended'));
    });
    this.#open.add(one);
    one.end(sealed);
    try {
      return await withDeadline(promise, DELIVER_WITHIN_MS, this.#deps.clock);
    } catch (error) {
      one.destroy();
      throw error;
    }
  }
}
