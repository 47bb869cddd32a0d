import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { type Helm, openHelm, type RenderedObject } from '../test/chart/helm.ts';
import { installManifest } from '../test/chart/install-manifest.ts';
import { kubectlLayer } from '../test/cluster/kubectl-layer.ts';
import type { Shell } from '../test/cluster/shell.ts';
import { packagedChart, packagedValues } from './packaged-values.ts';
import type { Release } from './release.ts';

/** CRDs first: the order in which they are installed. */
export const CHARTS = ['presence-operator-crds', 'presence-operator'] as const;

export function chartArchive({ out, version }: Release, chart: string): string {
  return path.join(out, `${chart}-${version}.tgz`);
}

/** The image as the published chart names it. */
export function imageByDigest({ repository }: Release, digest: string): string {
  return `${repository}@${digest}`;
}

/** Packs both charts, that of the operator with its image by digest, and the plain manifests of that chart. */
export async function packageCharts(shell: Shell, release: Release, digest: string): Promise<void> {
  const { helm } = await kubectlLayer(shell);
  for (const chart of CHARTS) {
    const copy = path.join(release.work, 'charts', chart);
    rmSync(copy, { recursive: true, force: true });
    cpSync(path.join(release.root, 'charts', chart), copy, { recursive: true });
    if (chart === 'presence-operator') nameImage(copy, release, digest);
    await shell.run([helm, 'lint', '--strict', copy]);
    await shell.run([helm, 'package', copy, '--destination', release.out]);
  }
  const packaged = await packagedHelm(release);
  writeFileSync(path.join(release.out, 'install.yaml'), await installManifest(packaged));
}

function nameImage(chart: string, release: Release, digest: string): void {
  const change = (name: string, edit: (text: string) => string): void => {
    const file = path.join(chart, name);
    writeFileSync(file, edit(readFileSync(file, 'utf8')));
  };
  change('values.yaml', (text) => packagedValues(text, { repository: release.repository, digest }));
  const { redisImages } = parse(readFileSync(path.join(chart, 'values.yaml'), 'utf8')) as {
    redisImages: Record<string, string>;
  };
  const images = { ...redisImages, operator: imageByDigest(release, digest) };
  change('Chart.yaml', (text) => packagedChart(text, images, release.source));
}

/** helm on the packed archives in place of the folders. */
async function packagedHelm(release: Release): Promise<Helm> {
  const helm = await openHelm();
  return { ...helm, render: (chart, options) => helm.render(chartArchive(release, chart), options) };
}

const NAMESPACE = 'presence-system';

/** What is wrong with the packed charts: they must render, and name the image that was built. */
export async function chartOffences(release: Release, digest: string): Promise<string[]> {
  const helm = await packagedHelm(release);
  const render = (chart: string): Promise<RenderedObject[]> =>
    helm.render(chart, { name: chart, namespace: NAMESPACE });
  const kinds = (await render('presence-operator-crds')).filter(
    ({ kind }) => kind === 'CustomResourceDefinition',
  );
  const operator = (await render('presence-operator')).find(({ kind }) => kind === 'Deployment');
  const [container] = operator?.spec?.template?.spec?.containers ?? [];
  const named = imageByDigest(release, digest);
  const environment = (container?.env ?? []) as { name: string; value?: string }[];
  const ofPresence = environment.find(({ name }) => name === 'PRESENCE_IMAGE')?.value;
  return [
    ...(kinds.length > 0 ? [] : ['the chart of the kinds renders no CustomResourceDefinition']),
    ...(container?.image === named ? [] : [`the operator runs ${container?.image}, not ${named}`]),
    ...(ofPresence === named ? [] : [`presence pods run ${ofPresence}, not ${named}`]),
  ];
}
