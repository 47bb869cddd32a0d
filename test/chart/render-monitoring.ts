/**
 * `node test/chart/render-monitoring.ts` writes rules and dashboards of the chart and of manifests/monitoring; with `--check` it
 * writes nothing and fails when one differs from src/monitoring.
 */
import { keepGenerated } from '../house/generated-file.ts';
import { monitoringFiles } from './monitoring-files.ts';

for (const [file, text] of monitoringFiles()) keepGenerated(file, text);
