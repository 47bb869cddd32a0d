import type { Address, ClusterMember } from '../../src/domain/topology/cluster-nodes.ts';
import type { ObservedNode, ObservedTopology, ReachableNode } from '../../src/domain/topology/observed.ts';
import { countSlots, SLOT_COUNT, type SlotRange } from '../../src/domain/topology/slots.ts';
import type { Step } from '../../src/domain/topology/step.ts';

interface Row {
  address: Address;
  role: 'primary' | 'replica';
  primaryId: string | undefined;
  slots: readonly SlotRange[];
  epoch: number;
  failed: boolean;
}

interface ModelNode extends Row {
  id: string;
  pod: string;
  shard: number;
  up: boolean;
  /** Stands for the keys: who holds which copy. */
  data: string | undefined;
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
      ...{ id: `id${number}`, pod, shard, up: true, data: undefined, known: new Map() },
      ...{ address: { host: `10.0.${number >> 8}.${number & 255}`, port: 6379 }, failed: false },
      ...{ role: 'primary', primaryId: undefined, slots: [], epoch: 0 },
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

  setUp(index: number, up: boolean): void {
    this.#node(index).up = up;
  }

  observe(): ObservedTopology {
    return {
      nodes: this.nodes.map((node): ObservedNode => {
        const { pod, shard, address } = node;
        return node.up
          ? this.#reachable(node)
          : { pod, shard, address, terminating: false, reachable: false, reason: 'connection refused' };
      }),
    };
  }

  #reachable(node: ModelNode): ReachableNode {
    const { pod, shard, address, id, role } = node;
    const primary = this.#byId(node.primaryId);
    return {
      ...{ pod, shard, address, id, role, busPort: 16_379, terminating: false, reachable: true },
      ...(node.primaryId === undefined ? {} : { primaryId: node.primaryId }),
      ...{ slots: node.slots, configEpoch: node.epoch, serving: true, replicationOffset: 0 },
      linkUp: primary?.up === true,
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
        this.#promote(node);
    }
  }

  #addSlots(node: ModelNode, slots: readonly SlotRange[]): void {
    const holders = this.nodes.filter((other) => overlap(other.slots, slots));
    if (holders.length > 0) throw new Error(`slots of ${holders[0]?.pod} were given to ${node.pod} as well`);
    node.slots = [...node.slots, ...slots];
    node.data = `data of shard ${node.shard}`;
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
  }

  /** A vote: granted when the replica reaches the majority of those who own slots by its own table. */
  #promote(node: ModelNode): void {
    const lost = node.known.get(node.primaryId ?? '');
    const voters = [...node.known].filter(([, row]) => row.slots.length > 0);
    const votes = voters.filter(([id, row]) => this.#reaches(id, row)).length;
    if (lost === undefined || votes * 2 <= voters.length) return;
    const isTaken = this.nodes.some((other) => other.up && overlap(other.slots, lost.slots));
    if (isTaken) return;
    node.epoch = Math.max(...[...node.known.values()].map((row) => row.epoch)) + 1;
    node.slots = lost.slots;
    node.role = 'primary';
    node.primaryId = undefined;
    lost.slots = [];
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
      if (node.known.get(node.primaryId ?? '')?.failed === true) this.#promote(node);
    }
  }

  #hear(viewer: ModelNode, id: string): void {
    const peer = this.#byId(id);
    if (peer === undefined) return;
    viewer.known.set(id, rowOf(peer));
    if (!peer.known.has(viewer.id)) peer.known.set(viewer.id, rowOf(viewer));
    const seen = peer.known.get(viewer.id);
    if (seen !== undefined) peer.known.set(viewer.id, rowOf(viewer));
    for (const [other, row] of peer.known) {
      const news = other !== viewer.id && !viewer.known.has(other) && !row.failed;
      if (news) viewer.known.set(other, { ...row, failed: false });
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

  /** What each slot-owning node holds, by shard; for comparison before and after. */
  dataByShard(): (string | undefined)[] {
    return this.nodes
      .filter((node) => node.slots.length > 0)
      .sort((a, b) => (a.slots[0]?.start ?? SLOT_COUNT) - (b.slots[0]?.start ?? SLOT_COUNT))
      .map((node) => `${node.data}: ${countSlots(node.slots)}`);
  }
}

function overlap(a: readonly SlotRange[], b: readonly SlotRange[]): boolean {
  return a.some((one) => b.some((other) => one.start <= other.end && other.start <= one.end));
}

function without(slots: readonly SlotRange[], taken: readonly SlotRange[]): SlotRange[] {
  return slots.filter((range) => !overlap([range], taken));
}

function rowOf(node: ModelNode): Row {
  const { address, role, primaryId, epoch } = node;
  return { address, role, primaryId, slots: [...node.slots], epoch, failed: false };
}

function member(id: string, row: Row, flags: string[]): ClusterMember {
  return {
    ...{ id, address: row.address, busPort: 16_379, role: row.role, configEpoch: row.epoch },
    flags: [...flags, row.role === 'primary' ? 'master' : 'slave'],
    ...(row.primaryId === undefined ? {} : { primaryId: row.primaryId }),
    linkState: row.failed ? 'disconnected' : 'connected',
    slots: row.slots,
    moves: [],
  };
}
