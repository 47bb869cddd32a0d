import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { KubeObject } from '../../src/platform/kube/resource.ts';
import { repository } from '../cluster/paths.ts';

/** Objects of a file of manifests/samples. */
export function sampleObjects(file: string): KubeObject[] {
  const text = readFileSync(path.join(repository, 'manifests', 'samples', file), 'utf8');
  return parseAllDocuments(text).map((document) => document.toJS() as KubeObject);
}
