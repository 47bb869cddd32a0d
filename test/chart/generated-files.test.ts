import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { KINDS } from '../../src/api/v1alpha1/kinds.ts';
import { repository } from '../cluster/paths.ts';
import { type Helm, openHelm, parseObjects } from './helm.ts';
import { installManifest } from './install-manifest.ts';

let helm: Helm;
beforeAll(async () => {
  helm = await openHelm();
});

const read = (name: string) => readFileSync(path.join(repository, name), 'utf8');
const crdFiles = () => readdirSync(path.join(repository, 'crds')).map((name) => `crds/${name}`);

describe('the chart of the kinds', () => {
  it('holds what crds/ holds, and keeps it on uninstall', async () => {
    const rendered = await helm.render('presence-operator-crds', { name: 'kinds', namespace: 'operators' });
    const kept = { annotations: { 'helm.sh/resource-policy': 'keep' } };
    const wanted = crdFiles().map((file) => {
      // As Helm and kubectl read it.
      const crd = parse(read(file), { version: '1.1' });
      return { ...crd, metadata: { ...crd.metadata, ...kept } };
    });
    const byName = (a: { metadata: { name: string } }, b: { metadata: { name: string } }) =>
      a.metadata.name.localeCompare(b.metadata.name);
    expect(rendered.map((object) => object.metadata.name).sort()).toEqual(
      KINDS.map(({ plural, group }) => `${plural}.${group}`).sort(),
    );
    expect(rendered.sort(byName)).toEqual(wanted.sort(byName));
  });

  it('passes helm lint --strict', async () => {
    expect(await helm.lint('presence-operator-crds')).toContain('0 chart(s) failed');
  });
});

describe('the generated YAML', () => {
  it('means the same to kubectl, which reads YAML 1.1: a bare Off is no text there', () => {
    for (const file of [...crdFiles(), 'manifests/install.yaml']) {
      const documents = read(file).split(/^---$/m);
      for (const document of documents) {
        expect(parse(document, { version: '1.1' }), file).toEqual(parse(document, { version: '1.2' }));
      }
    }
  });
});

describe('manifests/install.yaml', () => {
  it('is up to date', async () => {
    expect(read('manifests/install.yaml') === (await installManifest(helm)), 'run make generate').toBe(true);
  });

  it('carries nothing of Helm', () => {
    const objects = parseObjects(read('manifests/install.yaml'));
    expect(objects.map((object) => object.kind)).toContain('Namespace');
    for (const object of objects) {
      expect(object.metadata.labels?.['app.kubernetes.io/managed-by']).toBe('kubectl');
    }
    expect(read('manifests/install.yaml')).not.toMatch(/helm/i);
  });
});
