import { describe, expect, it } from 'vitest';
import { presenceCluster } from '../../../test/support/presence-cluster-builder.ts';
import { SecretsMemory } from './secrets-memory.ts';

const cluster = presenceCluster();
const changed = { ...cluster, metadata: { ...cluster.metadata, generation: 99 } };

function reader(...answers: { operatorPassword: string; signingProblem?: string }[]) {
  return async () => answers.shift() ?? { operatorPassword: 'read too often' };
}

describe('SecretsMemory', () => {
  it('reads once within its time, and again after it', async () => {
    const memory = new SecretsMemory();
    const read = reader({ operatorPassword: 'a' }, { operatorPassword: 'b' });
    expect((await memory.get('k', cluster, 0, read)).operatorPassword).toBe('a');
    expect((await memory.get('k', cluster, 29_999, read)).operatorPassword).toBe('a');
    expect((await memory.get('k', cluster, 30_000, read)).operatorPassword).toBe('b');
  });

  it('reads again when the object has changed, and after forgetting', async () => {
    const memory = new SecretsMemory();
    const read = reader({ operatorPassword: 'a' }, { operatorPassword: 'b' }, { operatorPassword: 'c' });
    await memory.get('k', cluster, 0, read);
    expect((await memory.get('k', changed, 1, read)).operatorPassword).toBe('b');
    memory.forget('k');
    expect((await memory.get('k', changed, 2, read)).operatorPassword).toBe('c');
  });

  it('does not remember trouble', async () => {
    const memory = new SecretsMemory();
    const read = reader({ operatorPassword: 'a', signingProblem: 'missing' }, { operatorPassword: 'a' });
    expect((await memory.get('k', cluster, 0, read)).signingProblem).toBe('missing');
    expect((await memory.get('k', cluster, 1, read)).signingProblem).toBeUndefined();
  });
});
