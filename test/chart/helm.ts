import { execFile } from 'node:child_process';
import path from 'node:path';
import { parseAllDocuments } from 'yaml';
import { kubectlLayer } from '../cluster/kubectl-layer.ts';
import { repository } from '../cluster/paths.ts';
import { createShell } from '../cluster/shell.ts';

export interface RenderedObject {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    namespace?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
  };
  // biome-ignore lint/suspicious/noExplicitAny: the shape of any Kubernetes kind; tests name the fields they read.
  [field: string]: any;
}

export interface Release {
  name: string;
  namespace: string;
  /** As a values file would hold them. */
  values?: Record<string, unknown>;
  /** Also the pods of `helm test`; left out, as `helm install` does. */
  tests?: boolean;
}

export class HelmFailed extends Error {
  override readonly name = 'HelmFailed';
}

export interface Helm {
  /** Fails with what helm says. */
  lint(chart: string): Promise<string>;
  /** `chart` is the name of one of ours, or the absolute path of any chart. */
  render(chart: string, release: Release): Promise<RenderedObject[]>;
}

export function chartDirectory(chart: string): string {
  return path.resolve(repository, 'charts', chart);
}

/** helm alone, which is unpacked in a second: rendering a chart must not wait for a Kubernetes to be compiled. */
export async function openHelm(): Promise<Helm> {
  const shell = createShell('/dev/null', () => {}, new AbortController().signal);
  const { helm } = await kubectlLayer(shell);
  return {
    lint: (chart) => run(helm, ['lint', '--strict', chartDirectory(chart)]),
    render: async (chart, release) => {
      const args = [
        'template',
        release.name,
        chartDirectory(chart),
        '--namespace',
        release.namespace,
        '--values',
        '-',
        ...(release.tests === true ? [] : ['--skip-tests']),
      ];
      return parseObjects(await run(helm, args, JSON.stringify(release.values ?? {})));
    },
  };
}

export function parseObjects(text: string): RenderedObject[] {
  const documents = parseAllDocuments(text, { uniqueKeys: true });
  if (!Array.isArray(documents)) return [];
  return documents.flatMap((document) => {
    const [error] = document.errors;
    if (error) throw error;
    const object = document.toJS() as RenderedObject | null;
    return object === null ? [] : [object];
  });
}

function run(program: string, args: readonly string[], input = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(program, args, { maxBuffer: 1 << 24 }, (error, stdout, stderr) => {
      if (error) reject(new HelmFailed(stderr || stdout || error.message));
      else resolve(stdout);
    });
    child.stdin?.end(input);
  });
}
