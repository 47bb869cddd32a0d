import type { Address, ClusterMember } from '../../src/domain/topology/cluster-nodes.ts';
import type { SlotRange } from '../../src/domain/topology/slots.ts';

/** What a node of the model believes of another. */
export interface Row {
  address: Address;
  role: 'primary' | 'replica';
  primaryId: string | undefined;
  slots: readonly SlotRange[];
  epoch: number;
  failed: boolean;
}

export function rowOf(node: Row): Row {
  const { address, role, primaryId, epoch } = node;
  return { address, role, primaryId, slots: [...node.slots], epoch, failed: false };
}

export function member(id: string, row: Row, flags: string[]): ClusterMember {
  return {
    id,
    address: row.address,
    busPort: 16_379,
    role: row.role,
    configEpoch: row.epoch,
    flags: [...flags, row.role === 'primary' ? 'master' : 'slave'],
    ...(row.primaryId === undefined ? {} : { primaryId: row.primaryId }),
    linkState: row.failed ? 'disconnected' : 'connected',
    slots: row.slots,
    moves: [],
  };
}
