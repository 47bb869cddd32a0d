import type { Address } from '../../domain/topology/cluster-nodes.ts';
import type { ObservedTopology } from '../../domain/topology/observed.ts';
import { reachableNodes } from '../../domain/topology/observed.ts';
import type { MoveSlotsStep, Step } from '../../domain/topology/step.ts';
import { type MoveTools, moveSlots } from './move-slots.ts';

/** Where a pod's Redis listens, for clients and on the cluster bus. */
export interface NodeAddress extends Address {
  readonly busPort: number;
}

export type StepResult =
  | { readonly step: Step; readonly outcome: 'Done' }
  | { readonly step: Step; readonly outcome: 'Failed'; readonly error: Error };

/** What must be done on every node before the next kind begins: epochs and slots are given before nodes meet. */
const PHASES: readonly (readonly Step['kind'][])[] = [
  ['setConfigEpoch'],
  ['addSlots'],
  ['meet', 'healAddress', 'replicate', 'failover', 'forget', 'closeSlot', 'bumpEpoch'],
  ['moveSlots'],
];

const MAY_BUMP_EPOCH = ['ACL', 'SETUSER', 'operator', '+cluster|bumpepoch'];

/** The addresses of the pods that answered, by pod name: what `executeSteps` needs beside the steps. */
export function addressesOf(observed: ObservedTopology): Map<string, NodeAddress> {
  return new Map(
    reachableNodes(observed).map((node) => [node.pod, { ...node.address, busPort: node.busPort }]),
  );
}

/**
 * Carries out one set of steps, on all nodes at once within a phase. Never rejects: a node that fails does not hold
 * up the others. `Done` means that Redis accepted the command; whether it took effect shows in the next look.
 */
export async function executeSteps(
  tools: MoveTools,
  steps: readonly Step[],
  addresses: ReadonlyMap<string, NodeAddress>,
): Promise<StepResult[]> {
  const results: StepResult[] = [];
  for (const kinds of PHASES) {
    const phase = steps.filter((step) => kinds.includes(step.kind));
    results.push(...(await Promise.all(phase.map((step) => executeStep(tools, step, addresses)))));
  }
  return results;
}

async function executeStep(
  tools: MoveTools,
  step: Step,
  addresses: ReadonlyMap<string, NodeAddress>,
): Promise<StepResult> {
  try {
    const address = addressOf(step.pod, addresses);
    if (step.kind === 'moveSlots') {
      await moveSlots(tools, step, address, addressOf(step.target, addresses));
    } else {
      // A server reads its file of users at its start only: one that was started before this right was in it lacks it.
      if (step.kind === 'bumpEpoch') await tools.admin.execute(address, MAY_BUMP_EPOCH);
      await tools.admin.execute(address, commandOf(step, addresses));
    }
    return { step, outcome: 'Done' };
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    const error = new Error(`Step ${step.kind} on ${step.pod} failed: ${message}`, { cause });
    return { step, outcome: 'Failed', error };
  }
}

function addressOf(pod: string, addresses: ReadonlyMap<string, NodeAddress>): NodeAddress {
  const address = addresses.get(pod);
  if (address === undefined) {
    throw new Error(`${pod} has no address`);
  }
  return address;
}

/** The Redis command of a step. */
function commandOf(
  step: Exclude<Step, MoveSlotsStep>,
  addresses: ReadonlyMap<string, NodeAddress>,
): string[] {
  switch (step.kind) {
    case 'setConfigEpoch':
      return ['CLUSTER', 'SET-CONFIG-EPOCH', String(step.epoch)];
    case 'addSlots':
      return [
        'CLUSTER',
        'ADDSLOTSRANGE',
        ...step.slots.flatMap((range) => [String(range.start), String(range.end)]),
      ];
    case 'meet':
    case 'healAddress': {
      const peer = addressOf(step.peer, addresses);
      return ['CLUSTER', 'MEET', peer.host, String(peer.port), String(peer.busPort)];
    }
    case 'replicate':
      return ['CLUSTER', 'REPLICATE', step.primaryId];
    case 'failover':
      return ['CLUSTER', 'FAILOVER', ...(step.mode === 'Graceful' ? [] : [step.mode.toUpperCase()])];
    case 'forget':
      return ['CLUSTER', 'FORGET', step.nodeId];
    case 'bumpEpoch':
      return ['CLUSTER', 'BUMPEPOCH'];
    case 'closeSlot':
      return ['CLUSTER', 'SETSLOT', String(step.slot), 'STABLE'];
  }
}
