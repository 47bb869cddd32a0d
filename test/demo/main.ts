/** `node test/demo/main.ts up|down`: from nothing to a live cluster for a user to look at, and back. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { PresenceCluster } from '../../src/api/v1alpha1/kinds.ts';
import { ownType } from '../../src/operator/objects/kinds.ts';
import type { KubeClient } from '../../src/platform/kube/client.ts';
import type { KubeObject } from '../../src/platform/kube/resource.ts';
import { ensureClusterUp, takeDown } from '../cluster/cluster.ts';
import { imageId } from '../cluster/docker.ts';
import { installOperator } from '../cluster/install-operator.ts';
import { kubectlRefusal } from '../cluster/kubectl.ts';
import { outDirectory } from '../cluster/paths.ts';
import { runSteps, type Step, type StepReport } from '../cluster/step-runner.ts';
import { imageNames } from '../cluster/versions.ts';
import { runWeddingCrews, type WeddingCrewsResult } from '../load/wedding-crews.ts';
import {
  applyNamespace,
  connect,
  signingKey,
  TEST_MANAGER,
  untilCondition,
} from '../support/live-cluster.ts';
import { breakTheGlass, scaleOutInFreeze } from './during-freeze.ts';
import { LiveList, listLines } from './live-list.ts';
import { clientsReport, closingText, clusterReport, type DemoReport } from './report.ts';
import { sampleObjects } from './sample.ts';
import { playStory } from './wedding-story.ts';
import { COUPLES, CREW_SIZE, weddingsOfToday, weekdayOfWeddings } from './weddings-of-today.ts';

const namespace = 'weddings';
const name = 'wedsync';
/** The sample's NodePort, which kind maps to this machine. */
const URL = 'ws://127.0.0.1:30080/v1/presence';
const READY_WITHIN_SECONDS = 180;
const CLIENT_SECONDS = 60;
/** Four updates a second and wedding: people who move about. */
const UPDATES_PER_SECOND = 32;
/** Long enough to read a list, and all of them together no pause in the demo. */
const SCENE_MS = 1_000;
/** Any change of the pod template will do; this one is harmless. */
const CHANGED_DRAIN_SECONDS = 30;

async function up(): Promise<void> {
  const started = performance.now();
  const { reports } = await ensureClusterUp();
  const clusterSeconds = secondsSince(started);
  const client = connect();
  try {
    const install = await step('install', 'installing the operator by its Helm charts', async (shell) =>
      installOperator(shell, await imageId(shell, imageNames.operator)),
    );
    const ready = await step('ready', 'applying the sample and waiting until it is Ready', () =>
      applySample(client),
    );
    const crews = await driveCrews(client);
    await showPeople(client);
    await holdChange(client);
    const refusal = await refusedRestart();
    const notes = await duringFreeze(client);
    const cluster = await untilCondition(client, { namespace, name }, { type: 'Frozen', status: 'True' }, 30);
    const images = imageSeconds(reports);
    const report: DemoReport = {
      seconds: {
        cluster: round(clusterSeconds - images),
        images: round(images),
        install: install.seconds,
        ready: ready.seconds,
        total: round(secondsSince(started)),
      },
      kubernetes: (JSON.parse(await client.raw('/version')) as { gitVersion: string }).gitVersion,
      presenceCluster: clusterReport(cluster),
      clients: clientsReport(crews),
    };
    mkdirSync(outDirectory, { recursive: true });
    writeFileSync(path.join(outDirectory, 'demo.json'), `${JSON.stringify(report, null, 2)}\n`);
    console.log(closingText(report, cluster, [`Refused: ${refusal}`, ...notes]));
  } finally {
    await client.close();
  }
}

async function applySample(client: KubeClient): Promise<string> {
  await applyNamespace(client, namespace);
  const before = await client.get(ownType('PresenceCluster'), namespace, name);
  const now = new Date();
  for (const wedding of [...sampleObjects('weddings.yaml'), ...weddingsOfToday(namespace, now)]) {
    await client.apply(wedding, TEST_MANAGER);
  }
  await client.apply(demoCluster(now), TEST_MANAGER);
  await untilCondition(client, { namespace, name }, { type: 'Ready', status: 'True' }, READY_WITHIN_SECONDS);
  return before ? 'it was there from an earlier run' : 'from nothing';
}

/** The sample, with today protected: its Saturdays are seldom today. */
function demoCluster(
  now: Date,
  { drainSeconds, minReplicas }: { drainSeconds?: number; minReplicas?: number | undefined } = {},
): KubeObject {
  const [sample] = sampleObjects('presence-cluster.yaml') as unknown as [PresenceCluster];
  const { spec } = sample;
  const days = [...new Set([...spec.freeze.days, weekdayOfWeddings(now)])];
  const presence = { ...spec.presence, ...(drainSeconds ? { drainSeconds } : {}) };
  const scaling = { ...spec.scaling, ...(minReplicas ? { minReplicas } : {}) };
  return {
    ...sample,
    spec: { ...spec, presence, scaling, freeze: { ...spec.freeze, days } },
  } as unknown as KubeObject;
}

async function driveCrews(client: KubeClient): Promise<WeddingCrewsResult> {
  const secret = await signingKey(client, namespace, name);
  let result: WeddingCrewsResult | undefined;
  await step('clients', `200 WebSocket clients in 8 weddings for ${CLIENT_SECONDS} s`, async (shell) => {
    result = await runWeddingCrews({
      url: URL,
      secret,
      weddings: 8,
      clientsPerWedding: CREW_SIZE,
      seconds: CLIENT_SECONDS,
      updatesPerSecond: UPDATES_PER_SECOND,
      onProgress: (line) => shell.say(line),
    });
    return undefined;
  });
  return result as WeddingCrewsResult;
}

/** The live list of a wedding's people. After the crews: the kubelet has brought by then who is expected. */
async function showPeople(client: KubeClient): Promise<void> {
  const secret = await signingKey(client, namespace, name);
  const list = new LiveList(process.stdout);
  await step('people', `who is at ${COUPLES[0]}, as their planner sees it`, () =>
    playStory({
      url: URL,
      secret,
      wedding: COUPLES[0],
      pauseMs: SCENE_MS,
      onShown: (shown) => list.draw(listLines(shown)),
    }),
  );
}

/** Asks for a new revision of the presence pods, which the freeze holds. */
async function holdChange(client: KubeClient): Promise<void> {
  await step('held', 'changing the pod template while weddings are on', async () => {
    await client.apply(demoCluster(new Date(), { drainSeconds: CHANGED_DRAIN_SECONDS }), TEST_MANAGER);
    await untilCondition(client, { namespace, name }, { type: 'RolloutHeld', status: 'True' }, 30);
    return 'it waits';
  });
}

/** The answer to another user's kubectl while weddings are on. */
async function refusedRestart(): Promise<string> {
  let refusal = '';
  await step('refused', 'kubectl rollout restart while weddings are on', async (shell) => {
    const restart = ['rollout', 'restart', `deployment/${name}-presence`, '-n', namespace];
    refusal = await kubectlRefusal(shell, restart);
    return 'the API server refused it';
  });
  return refusal;
}

/** What goes on in a freeze: scaling, healing, and break-glass. */
async function duringFreeze(client: KubeClient): Promise<string[]> {
  const target = { namespace, name };
  const ask = (minReplicas?: number) =>
    client.apply(demoCluster(new Date(), { drainSeconds: CHANGED_DRAIN_SECONDS, minReplicas }), TEST_MANAGER);
  const scaled = await step('scaled', 'scaling out in the same freeze', () =>
    scaleOutInFreeze(client, target, ask),
  );
  await ask();
  const broken = await step('break-glass', 'breaking the glass to delete a pod', (shell) =>
    breakTheGlass(client, target, shell),
  );
  return [`Scaled: ${scaled.note}`, `Break-glass: ${broken.note}`];
}

async function step(stepName: string, doing: string, run: Step['run']): Promise<StepReport> {
  const [report] = await runSteps([{ name: stepName, needs: [], doing, run }]);
  return report as StepReport;
}

function imageSeconds(reports: StepReport[]): number {
  return reports
    .filter((report) => report.name === 'load' || report.name.endsWith('operator image'))
    .reduce((sum, report) => sum + report.seconds, 0);
}

function secondsSince(started: number): number {
  return (performance.now() - started) / 1000;
}

function round(seconds: number): number {
  return Math.round(seconds * 10) / 10;
}

const verbs: Record<string, (() => Promise<void>) | undefined> = { up, down: takeDown };
const verb = verbs[process.argv[2] ?? ''];
if (!verb) {
  console.error('usage: main.ts up|down');
  process.exitCode = 2;
} else {
  await verb().catch((error: unknown) => {
    console.error(`error: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  });
}
