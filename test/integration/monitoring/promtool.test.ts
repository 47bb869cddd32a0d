import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { createMetrics } from '../../../src/platform/telemetry/metrics.ts';
import { repository } from '../../cluster/paths.ts';
import { registries } from '../../house/metrics-page.ts';
import { metricsAtRest } from '../../support/presence-parts.ts';
import { promtool } from './promtool.ts';

const CLEAN = { code: 0, printed: '' };

it('finds no fault in the metrics of the operator, of the presence server and of Node', async () => {
  const { operator } = registries();
  for (const registry of [operator, metricsAtRest().registry, createMetrics().registry])
    expect(await promtool(['check', 'metrics'], repository, await registry.metrics())).toEqual(CLEAN);
  const planted = '# HELP x_total A gauge.\n# TYPE x_total gauge\nx_total 1\n';
  expect((await promtool(['check', 'metrics'], repository, planted)).code).not.toBe(0);
});

it('takes the plain scrape configuration', async () => {
  const text = await readFile(path.join(repository, 'manifests/monitoring/prometheus-scrape.yaml'), 'utf8');
  const config = parse(text);
  for (const job of config.scrape_configs) {
    // Debian builds Prometheus without the discovery of Kubernetes; all the rest is checked.
    expect(job.kubernetes_sd_configs).toEqual([{ role: 'pod' }]);
    delete job.kubernetes_sd_configs;
  }
  const file = path.join(await mkdtemp(path.join(tmpdir(), 'promtool-')), 'prometheus.json');
  await writeFile(file, JSON.stringify(config));
  expect(await promtool(['check', 'config', file], repository)).toMatchObject({ code: 0 });
  await rm(path.dirname(file), { recursive: true });
});
