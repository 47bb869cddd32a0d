import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KINDS } from '../../src/api/v1alpha1/kinds.ts';
import { kubectlLayer } from '../cluster/kubectl-layer.ts';
import { repository } from '../cluster/paths.ts';
import { createShell } from '../cluster/shell.ts';
import { ensureTools } from '../cluster/tools.ts';
import { commandsOf, shellCommands } from '../house/shell-examples.ts';
import { type KubeApiServer, startKubeApiServer } from '../integration/kube-apiserver.ts';
import { eventually } from '../support/eventually.ts';

/**
 * Runs the commands that a newcomer types, from the text of the pages, on an API server without controllers and nodes.
 * What needs more than that is named here, with what covers it.
 */
const ELSEWHERE: { command: RegExp; covered: string }[] = [
  { command: /^make (demo|test|build)\b/, covered: 'make demo, make test, and the build of every e2e run' },
  { command: /^docker (build|push) /, covered: 'test/cluster builds the same image for make demo and e2e' },
  { command: /^ln -s /, covered: 'links a file that make build makes' },
  { command: /^(npx kubectl-presence|kubectl presence) /, covered: 'test/house/docs.test.ts' },
  { command: /^kubectl .*rollout status /, covered: 'pods must start: make demo and test/e2e' },
  {
    command: /^kubectl .*wait .*--for=condition=Ready/,
    covered: 'pods must start: test/e2e/lifecycle.test.ts',
  },
  { command: /^export KEY=/, covered: 'the operator makes the Secret: test/e2e' },
  { command: /^export TOKEN=/, covered: 'needs KEY' },
  { command: /^kubectl .*port-forward /, covered: 'pods must run: test/e2e' },
  { command: /^curl .*\/v1\/weddings\//, covered: 'pods must run: test/integration/presence' },
  { command: /^node --input-type=module -e/, covered: 'pods must run: test/integration/presence' },
];

const START_MS = 180_000;
const page = (file: string): string => readFileSync(path.join(repository, file), 'utf8');

/** The demo makes a cluster of its own, so its section is a story that `make demo` itself tells. */
const GETTING_STARTED = (): string => page('docs/getting-started.md');

/** A page without some of its `##` sections. */
function without(text: string, ...headings: string[]): string {
  const sections = text.split(/^(?=## )/m);
  const kept = sections.filter((each) => !headings.some((heading) => each.startsWith(`${heading}\n`)));
  if (kept.length !== sections.length - headings.length) throw new Error(`not all of ${headings.join(', ')}`);
  return kept.join('');
}

/** Both charts, as the page of a newcomer installs them. */
const INSTALL = (): string[] =>
  shellCommands(GETTING_STARTED()).filter((command) => command.startsWith('helm install '));

/** What a reader does from beginning to end on one cluster. */
const STORIES: Record<string, () => string[]> = {
  'README.md': () => shellCommands(page('README.md')),
  'docs/getting-started.md with Helm': () =>
    shellCommands(without(GETTING_STARTED(), '## make demo', '## Plain manifests')),
  'docs/getting-started.md with plain manifests': () =>
    shellCommands(without(GETTING_STARTED(), '## make demo', '## Helm', '## helm test')),
  'docs/how-to/move.md, with Helm before it': () => [
    ...INSTALL(),
    ...shellCommands(page('docs/how-to/move.md')),
  ],
  'charts/presence-operator/README.md': () => shellCommands(page('charts/presence-operator/README.md')),
};

const MANIFESTS = (): string[] => shellCommands(page('manifests/README.md'));

function isElsewhere(command: string): boolean {
  return ELSEWHERE.some((each) => each.command.test(command));
}

/** Settings that the commands after them use: `export NAME=VALUE`. */
const EXPORT = /^export ([A-Z_]+)=(\S*)$/;

/** The reader's own values, in place of those of the page. */
const READERS_OWN: Record<string, string> = {
  REGISTRY: 'registry.example',
  SIGNING_KEY: 'a key of the reader that has more than 32 bytes',
};

interface Outcome {
  command: string;
  code: number;
  stdout: string;
  stderr: string;
}

/** A terminal of a reader: kubectl and helm are on the PATH, and nothing else is set up. */
class Terminal {
  readonly #home: string;
  readonly #server: KubeApiServer;

  private constructor(home: string, server: KubeApiServer) {
    this.#home = home;
    this.#server = server;
  }

  static async open(): Promise<Terminal> {
    const home = mkdtempSync(path.join(tmpdir(), 'reader-'));
    const bin = path.join(home, 'bin');
    mkdirSync(bin);
    const shell = createShell('/dev/null', () => {}, new AbortController().signal);
    symlinkSync((await kubectlLayer(shell)).helm, path.join(bin, 'helm'));
    symlinkSync((await ensureTools()).kubectl, path.join(bin, 'kubectl'));
    return new Terminal(home, await startKubeApiServer());
  }

  run(command: string): Promise<Outcome> {
    const env = {
      ...READERS_OWN,
      HOME: this.#home,
      KUBECONFIG: this.#server.kubeconfig,
      PATH: `${this.#home}/bin:/usr/bin:/bin`,
    };
    const options = { cwd: repository, env, timeout: START_MS, maxBuffer: 1 << 24 };
    return new Promise((resolve) => {
      execFile('/bin/bash', ['-c', `set -eo pipefail; ${command}`], options, (error, stdout, stderr) =>
        resolve({ command, code: error ? Number(error.code ?? 1) : 0, stdout, stderr }),
      );
    });
  }

  /** Runs what can run here; fails at the first command that fails, with what it said. */
  async follow(commands: readonly string[]): Promise<Outcome[]> {
    const outcomes: Outcome[] = [];
    for (const command of commands) {
      if (isElsewhere(command) || EXPORT.test(command)) continue;
      const running = this.run(command);
      if (command.startsWith('helm test ')) await this.#finishTestPods(running);
      const outcome = await running;
      if (outcome.code !== 0) throw new Error(`${command}\n${outcome.stdout}${outcome.stderr}`);
      outcomes.push(outcome);
      if (/crds/.test(command)) await this.#kindsAreServed();
    }
    return outcomes;
  }

  /** The API server serves a new kind a moment after it was accepted; a reader types more slowly than that. */
  async #kindsAreServed(): Promise<void> {
    const command = `kubectl get ${KINDS.map(({ plural }) => plural).join(',')} -A`;
    const patience = { what: 'the kinds are served', withinSeconds: 120 };
    await eventually(patience, async () => (await this.run(command)).code === 0);
  }

  /** The API server stops to enforce a deleted policy within seconds, and the page says to repeat the command. */
  async removeKinds(command: string): Promise<void> {
    const look = 'kubectl get crd -o name';
    await eventually({ what: 'the kinds are gone', withinSeconds: 120 }, async () => {
      await this.run(command);
      return !(await this.run(look)).stdout.includes('presence.wedsync.io');
    });
  }

  /** There is no kubelet, so this ends the pods of `helm test`. The presence integration tests run their programs. */
  async #finishTestPods(running: Promise<Outcome>): Promise<void> {
    const patch = `--subresource=status --type=merge -p '{"status":{"phase":"Succeeded"}}'`;
    const pods = `kubectl get pods -A -l app.kubernetes.io/component=test --no-headers`;
    const finish = `${pods} | while read namespace name _; do kubectl -n $namespace patch pod $name ${patch}; done`;
    let ended = false;
    void running.then(() => {
      ended = true;
    });
    await eventually({ what: 'helm test ends', withinSeconds: 120 }, async () => {
      await this.run(finish);
      return ended;
    });
  }

  async close(): Promise<void> {
    await this.#server.stop();
    rmSync(this.#home, { recursive: true, force: true });
  }
}

describe('commands of the pages', () => {
  it('are each run here, or listed with what covers them', () => {
    const all = [...Object.values(STORIES).flatMap((commands) => commands()), ...MANIFESTS()];
    const unknown = all.filter(
      (command) => !/^(kubectl|helm) /.test(command) && !EXPORT.test(command) && !isElsewhere(command),
    );
    expect(unknown).toEqual([]);
    const unused = ELSEWHERE.filter((each) => !all.some((command) => each.command.test(command)));
    expect(unused).toEqual([]);
  });
});

describe.each(Object.keys(STORIES))('%s', (name) => {
  let terminal: Terminal;
  beforeAll(async () => {
    terminal = await Terminal.open();
  }, START_MS);
  afterAll(() => terminal?.close());

  it('works as printed', async () => {
    const outcomes = await terminal.follow(STORIES[name]?.() ?? []);
    expect(outcomes.length).toBeGreaterThan(0);
    const notes = outcomes.find(({ command }) => command.startsWith('helm install presence-operator '));
    if (notes !== undefined) expect(notes.stdout).not.toContain('The CRDs are not installed');
  });
});

/** Of what both charts make, and what they leave on purpose. */
const CHART_KINDS = [
  'clusterroles',
  'clusterrolebindings',
  'roles',
  'rolebindings',
  'validatingadmissionpolicies',
  'validatingadmissionpolicybindings',
  'priorityclasses',
  'customresourcedefinitions',
  'deployments',
  'services',
  'serviceaccounts',
];

describe('docs/how-to/uninstall.md', () => {
  let terminal: Terminal;
  beforeAll(async () => {
    terminal = await Terminal.open();
  }, START_MS);
  afterAll(() => terminal?.close());

  it('works as printed, and leaves none of our objects', async () => {
    await terminal.follow([
      ...INSTALL(),
      'kubectl create namespace weddings',
      'kubectl apply -f manifests/samples/',
    ]);
    for (const command of shellCommands(page('docs/how-to/uninstall.md'))) {
      if (command.startsWith('kubectl get crd')) await terminal.removeKinds(command);
      else await terminal.follow([command]);
    }
    const [all] = await terminal.follow([`kubectl get ${CHART_KINDS.join(',')} -A -o name`]);
    expect(all?.stdout).toContain('clusterrole');
    expect(all?.stdout.split('\n').filter((name) => /presence/i.test(name))).toEqual([]);
    const ownNamespace = await terminal.run(
      'kubectl get namespace presence-system -o jsonpath={.status.phase}',
    );
    expect(ownNamespace.stdout).toBe('Terminating');
  });
});

/** Commands of a NOTES.txt: its indented lines. */
function commandsOfNotes(text: string): string[] {
  return commandsOf(
    text
      .split('\n')
      .filter((line) => line.startsWith('  '))
      .join('\n'),
  );
}

describe('NOTES.txt of both charts', () => {
  let terminal: Terminal;
  beforeAll(async () => {
    terminal = await Terminal.open();
    // Of the kube-controller-manager, which this server runs without.
    const metadata = { name: 'kube-controller-manager', namespace: 'kube-system' };
    const lease = JSON.stringify({ apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata });
    await terminal.follow([`echo '${lease}' | kubectl apply -f -`]);
  }, START_MS);
  afterAll(() => terminal?.close());

  it('works as helm prints it, down to the removal of the kinds', async () => {
    const namespace = '-n presence-system --create-namespace';
    const [operator] = await terminal.follow([`helm install op charts/presence-operator ${namespace}`]);
    expect(operator?.stdout).toContain('The CRDs are not installed');
    await terminal.follow(commandsOfNotes(operator?.stdout ?? ''));
    const { stdout } = await terminal.run('kubectl -n weddings get presencecluster wedsync -o name');
    expect(stdout.trim()).toBe('presencecluster.presence.wedsync.io/wedsync');
  });

  it('of the kinds removes them', async () => {
    const second = await terminal.run(
      'helm install kinds charts/presence-operator-crds -n presence-system --dry-run=client',
    );
    const [, notes = ''] = second.stdout.split('NOTES:');
    const [look = '', remove = ''] = [
      /kubectl api-resources.*$/m.exec(notes)?.[0],
      commandsOfNotes(notes)[0],
    ];
    expect((await terminal.run(look)).stdout).toContain('presenceclusters');
    expect(remove).toContain('xargs kubectl delete');
    // A policy is enforced some time after it was accepted.
    const probe = 'kubectl delete crd weddings.presence.wedsync.io --dry-run=server';
    await eventually({ what: 'the policies are in force', withinSeconds: 120 }, async () =>
      (await terminal.run(probe)).stderr.includes('allow-deletion'),
    );
    // While the chart is installed, its policies refuse the removal, as the notes say.
    expect((await terminal.run(remove)).code).not.toBe(0);
    await terminal.follow(['helm uninstall op -n presence-system']);
    // The API server stops to enforce a deleted policy within seconds.
    const isGone = async () => {
      await terminal.run(remove);
      return !(await terminal.run(look)).stdout.includes('presenceclusters');
    };
    await expect.poll(isGone, { timeout: 120_000, interval: 1_000 }).toBe(true);
  });
});

describe('manifests/README.md', () => {
  let terminal: Terminal;
  beforeAll(async () => {
    terminal = await Terminal.open();
  }, START_MS);
  afterAll(() => terminal?.close());

  it('works as printed, and its samples can be applied a second time', async () => {
    await terminal.follow(MANIFESTS());
    const [again] = await terminal.follow(['kubectl apply -f manifests/samples/']);
    const lines = again?.stdout.trim().split('\n') ?? [];
    expect(lines.length).toBeGreaterThan(8);
    expect(lines.filter((line) => !line.endsWith(' unchanged'))).toEqual([]);
  });

  it('has a sample for production that the API server takes', async () => {
    const [made] = await terminal.follow(['kubectl apply -f manifests/samples/production/ --dry-run=server']);
    expect(made?.stdout).toContain('presencecluster.presence.wedsync.io/production created');
  });

  it('has requests that the API server refuses until they name the user who sends them', async () => {
    const request = 'manifests/samples/requests/presence-optimization.yaml';
    const asItIs = `kubectl create -f ${request} --dry-run=server`;
    // A policy is enforced a moment after it was accepted.
    await eventually({ what: 'the policy refuses the request', withinSeconds: 120 }, async () =>
      (await terminal.run(asItIs)).stderr.includes('spec.requestedBy is ada@example.org, and you are admin'),
    );
    const changed = `sed s/ada@example.org/admin/ ${request} | kubectl create -f - --dry-run=server`;
    expect(await terminal.run(changed)).toMatchObject({ code: 0 });
  });

  it('leaves namespaces in which the API server admits the pods of helm test', async () => {
    await terminal.follow(['kubectl label namespace weddings pod-security.kubernetes.io/enforce=restricted']);
    const files = ['connect-client', 'operator-ready'].map((name) => `-s templates/tests/${name}.yaml`);
    const rendered = `helm template presence-operator charts/presence-operator -n presence-system ${files.join(' ')}`;
    const [created] = await terminal.follow([`${rendered} | kubectl create --dry-run=server -f -`]);
    expect(created?.stdout.trim().split('\n').sort()).toEqual([
      'pod/presence-operator-test-client created (server dry run)',
      'pod/presence-operator-test-operator created (server dry run)',
    ]);
  });

  it('would be found to fail', async () => {
    await expect(terminal.follow(['kubectl apply -f manifests/none/'])).rejects.toThrow('manifests/none/');
  });
});
