/** `node release/main.ts VERB` makes what is published, or part of it: each job of the release workflow is one verb. */
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { repository } from '../test/cluster/paths.ts';
import { formatSeconds, runSteps } from '../test/cluster/step-runner.ts';
import { artefactLines, artefactsIn } from './artefacts.ts';
import { obstacles } from './obstacles.ts';
import { unpinnedImages } from './pin-images.ts';
import { PLATFORMS, type Platform, platformNamed, platformOf } from './platforms.ts';
import { publicationLines } from './publication.ts';
import { type Release, releaseOf } from './release.ts';
import { changelogSection } from './release-notes.ts';
import { builtPlatforms, type Made, releaseSteps, STEP_NAMES, type StepName } from './steps.ts';

const USAGE = `usage: main.ts VERB

  dry-run   everything that this machine can make, with its checks; prints what would be published
  check     fails with each reason why the commit of --tag must not be published
  plugin    the plugin for --platform, by the Node in --node
  charts    the charts and plain manifests; --digest says which image they name
  client    the npm package of the client
  collect   notes, bill of materials, source maps, manifest of krew and checksums, with --digest
  push-image   builds the image of this architecture, and pushes it without a tag
  merge-image  gives the pushed images one tag, signs it, and writes the digest to OUT.digest
  push-charts  charts, and pushes and signs them

  --out DIR           folder of the files (out/release)
  --without STEP,…    of dry-run: ${STEP_NAMES.join(', ')}
  --repository NAME   the image without tag
  --digest SHA        of an image that was pushed: sha256:…; --digest-file FILE reads it
  --tag NAME          the tag that is released: v1.2.3
  --platform NAME     linux-amd64, linux-arm64, darwin-amd64 or darwin-arm64
  --node FILE         Node of that platform, of the version that runs this`;

/** Steps that change something outside of this machine. */
const PUBLISHING: ReadonlySet<StepName> = new Set(['push-image', 'merge-image', 'push-charts']);

/** Steps of each verb, and whether the folder is emptied first: `collect` adds to what other machines made. */
const VERBS: Readonly<Record<string, readonly StepName[]>> = {
  'dry-run': STEP_NAMES.filter((name) => !PUBLISHING.has(name)),
  check: ['versions'],
  plugin: ['versions', 'bundles', 'plugin'],
  charts: ['versions', 'charts'],
  client: ['versions', 'client'],
  collect: ['versions', 'bundles', 'sbom', 'maps', 'notes', 'krew', 'checksums'],
  'push-image': ['versions', 'push-image'],
  'merge-image': ['versions', 'merge-image'],
  'push-charts': ['versions', 'charts', 'push-charts'],
};

async function main(): Promise<number> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: {
      out: { type: 'string', default: 'out/release' },
      without: { type: 'string', default: '' },
      repository: { type: 'string' },
      digest: { type: 'string' },
      'digest-file': { type: 'string' },
      tag: { type: 'string' },
      platform: { type: 'string' },
      node: { type: 'string', default: path.join(repository, 'node_modules/node/bin/node') },
    },
  });
  const [verb = ''] = positionals;
  const steps = VERBS[verb];
  if (steps === undefined || positionals.length !== 1) {
    console.error(USAGE);
    return 2;
  }
  const release = releaseOf(repository, path.resolve(values.out), values.repository);
  const without = new Set(values.without.split(','));
  const made: Made = {
    platform: values.platform === undefined ? platformOf(process) : platformNamed(values.platform),
    node: values.node,
  };
  const file = values['digest-file'];
  const digest = file === undefined ? values.digest : readFileSync(file, 'utf8').trim();
  if (digest !== undefined) made.imageDigest = digest;
  if (values.repository === '')
    throw new Error('--repository: name the image, for example REGISTRY/presence-operator');
  if (verb === 'dry-run') rmSync(release.out, { recursive: true, force: true });
  rmSync(release.work, { recursive: true, force: true });
  for (const folder of [release.out, release.work]) mkdirSync(folder, { recursive: true });
  const started = performance.now();
  await runSteps(
    releaseSteps(
      release,
      made,
      steps.filter((name) => !without.has(name)),
    ),
  );
  rmSync(release.work, { recursive: true, force: true });
  if (verb === 'check') mustBeReady(release, values.tag);
  else await tell(release, made, verb);
  console.error(`${verb}: done in ${formatSeconds((performance.now() - started) / 1000)}`);
  return 0;
}

async function tell(release: Release, made: Made, verb: string): Promise<void> {
  console.log(`\n${release.out}:`);
  for (const line of artefactLines(await artefactsIn(release.out))) console.log(`  ${line}`);
  if (verb !== 'dry-run') return;
  console.log('\nA release would publish:');
  for (const line of publicationLines(release, made.imageDigest)) console.log(`  ${line}`);
  const reasons = reasonsAgainst(release, builtPlatforms(release));
  if (reasons.length === 0) return;
  console.log('\nIt would be refused as long as:');
  for (const line of reasons) console.log(`  ${line}`);
}

function reasonsAgainst(release: Release, platforms: readonly Platform[], tag?: string): string[] {
  const changelog = readFileSync(path.join(release.root, 'CHANGELOG.md'), 'utf8');
  return obstacles(release, {
    changelogDate: changelogSection(changelog, release.version).date,
    platforms: platforms.map(({ name }) => name),
    unpinned: unpinnedImages(release.root),
    tag,
  });
}

/** @throws Error with every reason against; the plugin is built later, on machines of its platforms */
function mustBeReady(release: Release, tag: string | undefined): void {
  const reasons = reasonsAgainst(release, PLATFORMS, tag);
  if (reasons.length > 0)
    throw new Error(`this must not be published:\n${reasons.map((each) => `  ${each}`).join('\n')}`);
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(`error: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
