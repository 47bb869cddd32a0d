import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { GOLDEN_FILE, podTemplateHashes } from '../../../../test/golden/pod-templates.ts';

const WHAT_TO_DO = `
A pod template differs from the one that the last version of the operator made, so an upgrade of the operator would
roll the Redis and presence pods of every PresenceCluster. When that is not the purpose of your change, make the new
part of the template depend on a field of the spec. When it is, say in CHANGELOG.md that the upgrade rolls all pods,
and accept the new templates: node test/golden/write-pod-templates.ts`;

const golden = JSON.parse(readFileSync(GOLDEN_FILE, 'utf8')) as ReturnType<typeof podTemplateHashes>;
const now = podTemplateHashes();

describe('an upgrade of the operator', () => {
  it('is checked for each spec that decides about a template', () => {
    expect(Object.keys(now)).toEqual(Object.keys(golden));
    // But for the sample, which has the templates of the defaults, no two may give the same, or one is idle.
    const { sample, ...others } = now;
    expect(sample).toEqual(now.defaults);
    const pairs = Object.values(others).map((hashes) => JSON.stringify(hashes));
    expect(new Set(pairs).size).toBe(pairs.length);
  });

  it.each(Object.entries(golden))('leaves the pod templates as they are: %s', (name, hashes) => {
    expect(now[name], WHAT_TO_DO).toEqual(hashes);
  });
});
