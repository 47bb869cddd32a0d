import { expect, it } from 'vitest';
import { executeSteps } from './execute.ts';
import type { MoveTools } from './move-slots.ts';

it('gives itself the right to raise an epoch, which a server that an older operator started does not have', async () => {
  const commands: string[] = [];
  const rights = new Set<string>();
  const admin = {
    execute: async (_: unknown, command: readonly string[]) => {
      commands.push(command.join(' '));
      if (command[0] === 'ACL') rights.add(command.at(-1) ?? '');
      else if (!rights.has('+cluster|bumpepoch')) throw new Error('NOPERM');
    },
  };
  const step = { kind: 'bumpEpoch', pod: 'r-0-0', because: '' } as const;
  const addresses = new Map([['r-0-0', { host: '10.0.0.1', port: 6379, busPort: 16_379 }]]);
  expect(await executeSteps({ admin } as unknown as MoveTools, [step], addresses)).toEqual([
    { step, outcome: 'Done' },
  ]);
  expect(commands).toEqual(['ACL SETUSER operator +cluster|bumpepoch', 'CLUSTER BUMPEPOCH']);
});
