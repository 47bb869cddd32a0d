import { type ClientRequest, Agent as HttpAgent, request } from 'node:http';
import type { ProvisionalState } from '../../domain/presence-state/provisional.ts';
import type { Clock } from '../../platform/runtime/clock.ts';
import type { Logger } from '../../platform/telemetry/log.ts';
import type { PeerKey } from './peer-key.ts';
import { encodePeerMessages } from './peer-message.ts';

/** Where a pod takes messages of its peers, on the port of its probes. */
export const PEER_PATH = '/peers/v1/provisional';
/** Who sends a message, by incarnation. */
export const PEER_HEADER = 'x-presence-peer';

export interface PeersDeps {
  readonly incarnation: string;
  readonly key: PeerKey;
  readonly clock: Pick<Clock, 'monotonicMs' | 'setTimeout'>;
  readonly log: Logger;
  readonly sent: (result: 'ok' | 'refused' | 'failed') => void;
}

/** Where another pod is. */
export interface PeerAddress {
  readonly incarnation: string;
  readonly host: string;
  readonly port: number;
}

interface Peer extends PeerAddress {
  seenAt: number;
  sending: boolean;
  /** By wedding, the last value wins. */
  readonly waiting: Map<string, ProvisionalState>;
}

/** A fleet is larger only by far; more would be a defect or a liar. */
const MOST_PEERS = 1_000;
/** A pod that the fleet has not named for so long is gone. While Redis is away nobody is named, and nobody forgotten. */
const FORGOTTEN_AFTER_MS = 60_000;
/** What is not delivered by then is old: the next state says all of it again. */
const DELIVERED_WITHIN_MS = 1_000;

/**
 * Hands provisional states to other pods: one message at a time to each, and what comes meanwhile waits, each wedding once.
 * Nothing is repeated here; states are said again every second while they hold.
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
    for (const address of addresses.slice(0, MOST_PEERS)) {
      const known = this.#peers.get(address.incarnation);
      if (known?.host === address.host && known.port === address.port) known.seenAt = now;
      else
        this.#peers.set(address.incarnation, { ...address, seenAt: now, sending: false, waiting: new Map() });
    }
    for (const [incarnation, { seenAt }] of this.#peers)
      if (now - seenAt > FORGOTTEN_AFTER_MS) this.#peers.delete(incarnation);
  }

  /** Tells these pods (others than this one, and only those that are known) what this one wants of a wedding. */
  hand(wedding: string, state: ProvisionalState, to: Iterable<string>): void {
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
    // Rooms of the same shard change together: what they say in one turn goes together.
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
      log.debug({ err: error, peer: peer.incarnation }, 'a peer could not be reached');
    }
  }

  #request(peer: Peer, sealed: Buffer): Promise<number> {
    return new Promise((resolve, reject) => {
      const one = request(
        {
          ...{ host: peer.host, port: peer.port, path: PEER_PATH, method: 'POST', agent: this.#agent },
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
      const cancel = this.#deps.clock.setTimeout(
        () => one.destroy(new Error(`no answer within ${DELIVERED_WITHIN_MS} ms`)),
        DELIVERED_WITHIN_MS,
      );
      one.once('error', reject);
      one.once('close', () => {
        cancel();
        this.#open.delete(one);
        reject(new Error('the connection ended'));
      });
      this.#open.add(one);
      one.end(sealed);
    });
  }
}
