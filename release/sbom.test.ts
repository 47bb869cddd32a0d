import { describe, expect, it } from 'vitest';
import { missingInSbom, publishedSbom, type Sbom } from './sbom.ts';

const component = (name: string) => ({ 'bom-ref': `${name}@1.0.0`, name, version: '1.0.0' });
const fromNpm: Sbom = {
  serialNumber: 'urn:uuid:1',
  metadata: {
    timestamp: '2026-01-01T00:00:00Z',
    component: { ...component('checkout'), 'bom-ref': 'root@1.0.0' },
  },
  components: ['lib', 'below', 'unused'].map(component),
  dependencies: [
    { ref: 'root@1.0.0', dependsOn: ['lib@1.0.0', 'unused@1.0.0'] },
    { ref: 'lib@1.0.0', dependsOn: ['below@1.0.0'] },
    { ref: 'unused@1.0.0', dependsOn: [] },
  ],
};
const RULE = '='.repeat(80);
const notices = `x\n${RULE}\nlib 1.0.0\nLicence: MIT\n${RULE}\nbelow 1.0.0\n${RULE}\nllhttp (inside lib)\n`;

describe('the bill of materials', () => {
  it('has what is in bundles and the Node that runs them, and is the same each time', () => {
    const sbom = publishedSbom(fromNpm, notices, '26.1.0', {
      version: '2.0.0',
      created: '2027-01-02T03:04:05+01:00',
    });
    expect(sbom.components.map(({ name, version }) => `${name} ${version}`)).toEqual([
      'lib 1.0.0',
      'below 1.0.0',
      'node 26.1.0',
    ]);
    expect(sbom.dependencies[0]).toEqual({ ref: 'root@1.0.0', dependsOn: ['lib@1.0.0'] });
    expect(sbom.dependencies).toHaveLength(2);
    expect(sbom.metadata.component).toMatchObject({ name: 'presence-operator', version: '2.0.0' });
    expect(sbom.metadata.timestamp).toBe('2027-01-02T02:04:05.000Z');
    expect(sbom).not.toHaveProperty('serialNumber');
    expect(missingInSbom(sbom, notices)).toEqual([]);
  });

  it('is found to lack a package that has a notice', () => {
    expect(missingInSbom(fromNpm, `${notices}${RULE}\n@a/new 3.0.0-rc.1\n`)).toEqual(['@a/new 3.0.0-rc.1']);
  });
});
