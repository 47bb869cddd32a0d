import type { ObservedNode, ObservedTopology, ReachableNode } from '../../src/domain/topology/observed.ts';
import { countSlots, SLOT_COUNT, type SlotRange } from '../../src/domain/topology/slots.ts';
import type { Step } from '../../src/domain/topology/step.ts';
import { member, type Row, rowOf } from './model-row.ts';
import { overlap, without } from './slot-arithmetic.ts';

interface ModelNode extends Row {
  id: string;
  pod: string;
  shard: number;
  up: boolean;
  /** Kubernetes knows that it is down. */
  knownDown: boolean;
  /** Stands for the keys: who holds which copy. */
  data: string | undefined;
  /** 1 for each slot whose keys it holds. */
  keys: Uint8Array;
  known: Map<string, Row>;
}

/**
 * Redis Cluster reduced to what a planner depends on: who knows whom at which address, epochs, elections by majority,
 * and which data survives. It refuses what Redis refuses and fails the test on what would lose data.
 */
export class ModelRedisCluster {
  readonly nodes: ModelNode[];
  #ids = 0;

  constructor(shards: number, replicasPerShard: number) {
    const size = 1 + replicasPerShard;
    this.nodes = Array.from({ length: shards * size }, (_, index) => {
      const shard = Math.floor(index / size);
      return this.#blank(`redis-${shard}-${index % size}`, shard);
    });
  }

  #blank(pod: string, shard: number): ModelNode {
    const number = ++this.#ids;
    return {
      id: `id${number}`,
      pod,
      shard,
      up: true,
      knownDown: false,
      data: undefined,
      known: new Map(),
      keys: new Uint8Array(SLOT_COUNT),
      address: { host: `10.0.${number >> 8}.${number & 255}`, port: 6379 },
      failed: false,
      role: 'primary',
      primaryId: undefined,
      slots: [],
      epoch: 0,
    };
  }

  /** A pod comes back without its data, as somebody new. */
  replaceBlank(index: number): void {
    const old = this.#node(index);
    this.nodes[index] = this.#blank(old.pod, old.shard);
  }

  /** All pods come back with their data, elsewhere. */
  moveAll(): void {
    for (const node of this.nodes) {
      node.address = { host: `10.1.0.${++this.#ids}`, port: 6379 };
    }
  }

  setUp(index: number, up: boolean, isKnown = false): void {
    Object.assign(this.#node(index), { up, knownDown: !up && isKnown });
  }

  /** Blank pods of further shards. */
  addShards(from: number, to: number, replicasPerShard: number): void {
    for (let shard = from; shard < to; shard++) {
      for (let ordinal = 0; ordinal <= replicasPerShard; ordinal++) {
        this.nodes.push(this.#blank(`redis-${shard}-${ordinal}`, shard));
      }
    }
  }

  /** Deletes the pods of these shards; fails the test when one of them is still needed. */
  removeShards(from: number): void {
    for (const node of this.nodes.filter(({ shard }) => shard >= from)) {
      this.nodes.splice(this.nodes.indexOf(node), 1);
    }
    const gone = this.broken();
    if (gone > 0) throw new Error(`${gone} slots went with the shards from ${from} on`);
  }

  observe(): ObservedTopology {
    return {
      nodes: this.nodes.map((node): ObservedNode => {
        const { pod, shard, address } = node;
        return node.up
          ? this.#reachable(node)
          : {
              pod,
              shard,
              address,
              terminating: false,
              reachable: false,
              reason: 'connection refused',
              ...(node.knownDown ? { down: 'its container does not run' } : {}),
            };
      }),
    };
  }

  #reachable(node: ModelNode): ReachableNode {
    const { pod, shard, address, id, role } = node;
    const primary = this.#byId(node.primaryId);
    return {
      pod,
      shard,
      address,
      id,
      role,
      busPort: 16_379,
      terminating: false,
      reachable: true,
      ...(node.primaryId === undefined ? {} : { primaryId: node.primaryId }),
      slots: node.slots,
      configEpoch: node.epoch,
      serving: true,
      replicationOffset: 100,
      linkUp: primary?.up === true,
      ...(node.role === 'replica' ? { fedSecondsAgo: primary?.up === true ? 0 : 10 } : {}),
      engine: { name: 'valkey', version: '9.1.2' },
      table: [
        member(id, node, ['myself']),
        ...[...node.known].map(([other, row]) => member(other, row, row.failed ? ['fail'] : [])),
      ],
    };
  }

  /** Carries a step out as Redis would; what Redis refuses changes nothing. */
  apply(step: Step): void {
    const node = this.nodes.find((candidate) => candidate.pod === step.pod);
    if (node?.up !== true) return;
    switch (step.kind) {
      case 'setConfigEpoch':
        if (node.known.size === 0 && node.epoch === 0) node.epoch = step.epoch;
        return;
      case 'addSlots':
        this.#addSlots(node, step.slots);
        return;
      case 'meet':
      case 'healAddress':
        this.#meet(node, step.peer);
        return;
      case 'replicate':
        this.#replicate(node, step.primaryId);
        return;
      case 'forget':
        node.known.delete(step.nodeId);
        return;
      case 'failover':
        this.#promote(node, step.mode === 'TakeOver');
        return;
      case 'moveSlots':
        this.#move(node, step.targetId, step.slots);
        return;
      case 'bumpEpoch':
        node.epoch = Math.max(...this.nodes.map(({ epoch }) => epoch)) + 1;
        return;
      case 'closeSlot':
        return;
    }
  }

  #addSlots(node: ModelNode, slots: readonly SlotRange[]): void {
    const holders = this.nodes.filter((other) => overlap(other.slots, slots));
    if (holders.length > 0) throw new Error(`slots of ${holders[0]?.pod} were given to ${node.pod} as well`);
    node.slots = [...node.slots, ...slots];
    node.data = `data of shard ${node.shard}`;
    for (const { start, end } of slots) node.keys.fill(1, start, end + 1);
  }

  #move(node: ModelNode, targetId: string, slots: readonly SlotRange[]): void {
    const target = this.#byId(targetId);
    if (target?.up !== true || target.role !== 'primary') return;
    if (countSlots(without(slots, node.slots)) > 0) return;
    for (const { start, end } of slots) {
      target.keys.set(node.keys.subarray(start, end + 1), start);
      node.keys.fill(0, start, end + 1);
    }
    node.slots = without(node.slots, slots);
    target.slots = [...target.slots, ...slots];
    target.data ??= `data of shard ${target.shard}`;
    target.epoch = Math.max(...this.nodes.map(({ epoch }) => epoch)) + 1;
    for (const replica of this.nodes.filter(({ primaryId, up }) => primaryId === targetId && up)) {
      replica.keys = target.keys.slice();
      replica.data = target.data;
    }
  }

  #meet(node: ModelNode, pod: string): void {
    const peer = this.nodes.find((candidate) => candidate.pod === pod);
    if (peer?.up !== true) return;
    node.known.set(peer.id, rowOf(peer));
    peer.known.set(node.id, rowOf(node));
  }

  #replicate(node: ModelNode, primaryId: string): void {
    if (node.slots.length > 0) throw new Error(`${node.pod} owns slots and was told to follow`);
    const primary = this.#byId(primaryId);
    if (!node.known.has(primaryId) || primary === undefined) return;
    if (node.data !== undefined && primary.data === undefined) {
      throw new Error(`${node.pod} was told to follow the empty ${primary.pod}`);
    }
    node.role = 'replica';
    node.primaryId = primaryId;
    node.data = primary.data;
    node.keys = primary.keys.slice();
  }

  /** A vote: granted when the replica reaches the majority of those who own slots by its own table. */
  #promote(node: ModelNode, isTakeOver = false): void {
    const lost = node.known.get(node.primaryId ?? '');
    const voters = [...node.known].filter(([, row]) => row.slots.length > 0);
    const votes = voters.filter(([id, row]) => this.#reaches(id, row)).length;
    if (lost === undefined || (!isTakeOver && votes * 2 <= voters.length)) return;
    const isTaken = this.nodes.some((other) => other.up && overlap(other.slots, lost.slots));
    if (isTaken) return;
    node.epoch = Math.max(...[...node.known.values()].map((row) => row.epoch)) + 1;
    node.slots = lost.slots;
    node.role = 'primary';
    node.primaryId = undefined;
    // A node has one owner for each slot: what it claims, it takes from everybody in its table.
    for (const row of node.known.values()) row.slots = without(row.slots, node.slots);
  }

  /** Time passes: everybody hears from those it reaches, suspects the others, and holds elections. */
  gossip(): void {
    for (const viewer of this.nodes.filter((node) => node.up)) {
      for (const [id, row] of [...viewer.known]) {
        if (this.#reaches(id, row)) this.#hear(viewer, id);
        else row.failed = true;
      }
    }
    for (const node of this.nodes.filter((candidate) => candidate.up && candidate.role === 'replica')) {
      const primary = this.#byId(node.primaryId);
      if (primary?.up === true && primary.role === 'primary') node.keys = primary.keys.slice();
      if (node.known.get(node.primaryId ?? '')?.failed === true) this.#promote(node);
    }
  }

  #hear(viewer: ModelNode, id: string): void {
    const peer = this.#byId(id);
    if (peer === undefined) return;
    viewer.known.set(id, rowOf(peer));
    // Who is not known is not heard: only MEET introduces.
    const seen = peer.known.get(viewer.id);
    if (seen !== undefined) peer.known.set(viewer.id, rowOf(viewer));
    for (const [other, row] of peer.known) {
      const news = other !== viewer.id && !viewer.known.has(other) && !row.failed;
      // Gossip tells names and addresses; slots only their owner tells.
      if (news) viewer.known.set(other, { ...row, slots: [], failed: false });
    }
    this.#yieldSlots(viewer, peer);
  }

  /** The higher epoch wins; who loses its last slot follows the winner, and its own replicas with it. */
  #yieldSlots(viewer: ModelNode, peer: ModelNode): void {
    for (const [id, row] of viewer.known) {
      if (id !== peer.id && row.epoch < peer.epoch) row.slots = without(row.slots, peer.slots);
    }
    if (viewer.slots.length > 0 && viewer.epoch < peer.epoch) {
      viewer.slots = without(viewer.slots, peer.slots);
      if (viewer.slots.length === 0) this.#replicate(viewer, peer.id);
    }
    const followed = viewer.known.get(viewer.primaryId ?? '');
    const successor = followed?.slots.length === 0 && peer.shard === viewer.shard && peer.slots.length > 0;
    if (viewer.role === 'replica' && successor) this.#replicate(viewer, peer.id);
  }

  #reaches(id: string, row: Row): boolean {
    const node = this.#byId(id);
    return node?.up === true && node.address.host === row.address.host;
  }

  #byId(id: string | undefined): ModelNode | undefined {
    return this.nodes.find((node) => node.id === id);
  }

  #node(index: number): ModelNode {
    const node = this.nodes[index];
    if (node === undefined) throw new RangeError(`there is no node ${index}`);
    return node;
  }

  /** Slots that have not exactly one owner that is up, or whose owner has not their keys. */
  broken(): number {
    const owners = new Uint8Array(SLOT_COUNT);
    const held = new Uint8Array(SLOT_COUNT);
    for (const node of this.nodes.filter(({ up, role }) => up && role === 'primary')) {
      for (const { start, end } of node.slots) {
        for (let slot = start; slot <= end; slot++) {
          owners[slot] = (owners[slot] ?? 0) + 1;
          held[slot] = node.keys[slot] ?? 0;
        }
      }
    }
    return owners.filter((count, slot) => count !== 1 || held[slot] !== 1).length;
  }

  /** Slots by shard of the pod that owns them. */
  slotsByShard(): Map<number, number> {
    const result = new Map<number, number>();
    for (const { shard, slots } of this.nodes.filter((node) => node.slots.length > 0)) {
      result.set(shard, (result.get(shard) ?? 0) + countSlots(slots));
    }
    return result;
  }

  /** What each slot-owning node holds, by shard; for comparison before and after. */
  dataByShard(): (string | undefined)[] {
    return this.nodes
      .filter((node) => node.slots.length > 0)
      .sort((a, b) => (a.slots[0]?.start ?? SLOT_COUNT) - (b.slots[0]?.start ?? SLOT_COUNT))
      .map((node) => `${node.data}: ${countSlots(node.slots)}`);
  }
}
