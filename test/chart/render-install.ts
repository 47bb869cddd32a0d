/**
 * `node test/chart/render-install.ts` writes manifests/install.yaml; with `--check` it writes nothing and fails when
 * the file differs from the chart.
 */
import { keepGenerated } from '../house/generated-file.ts';
import { openHelm } from './helm.ts';
import { installManifest } from './install-manifest.ts';

keepGenerated('manifests/install.yaml', await installManifest(await openHelm()));
