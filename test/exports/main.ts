/**
 * What `freeze export` prints, read by the code of the tools that it is for: `make test-exports`, outside CI because it fetches
 * and compiles Go modules (Alertmanager about 10 s, each Argo CD several minutes on two cores, once). Fails when a window and
 * the tool's answer differ beside an edge, or when Argo CD takes what it is known to refuse.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parse, stringify } from 'yaml';
import { runCli, SAMPLE_FILES } from '../support/run-cli.ts';
import { type Answers, ask, compile, type GoProgram } from './go-program.ts';

const NOW = new Date('2027-06-01T00:00:00Z');
const MINUTE_MS = 60_000;
const SECOND_MS = 1000;

interface Window {
  namespace: string;
  presenceCluster: string;
  from: string;
  until: string;
}

interface Tool extends GoProgram {
  target: 'alertmanager' | 'argocd';
  /** What the tool calls the window. */
  nameOf: (window: Window) => string;
  /** Offsets from each edge that are asked. */
  besideEdgesMs: readonly number[];
}

const nameOfInterval = ({ namespace, presenceCluster }: Window): string =>
  `presence-freeze-${namespace}-${presenceCluster}`;
const ofNamespace = ({ namespace }: Window): string => namespace;
/** Argo CD's window is not open at its first instant itself, only after it. */
const ARGOCD: Omit<Tool, 'name' | 'flags'> = {
  target: 'argocd',
  folder: 'argocd',
  nameOf: ofNamespace,
  besideEdgesMs: [-SECOND_MS, SECOND_MS],
};

const TOOLS: readonly Tool[] = [
  {
    name: 'Alertmanager 0.35',
    target: 'alertmanager',
    folder: 'alertmanager',
    flags: [],
    nameOf: nameOfInterval,
    besideEdgesMs: [-MINUTE_MS, 0],
  },
  { ...ARGOCD, name: 'Argo CD 3.1', flags: [] },
  { ...ARGOCD, name: 'Argo CD 2.14', flags: ['-modfile=argo2.mod', '-tags=argo2'] },
];

const namespaces = ['one', 'two'];
const sample = { args: SAMPLE_FILES, stdin: '' };
/** Two namespaces that are frozen at the same time: their windows have one schedule and one length. */
const twoNamespaces = {
  args: ['-A', '-f', '-'],
  stdin: JSON.stringify({ kind: 'List', items: namespaces.flatMap(frozenNamespace) }),
};

const directory = await mkdtemp(path.join(tmpdir(), 'presence-exports-'));
try {
  for (const tool of TOOLS) {
    const began = performance.now();
    const program = await compile(tool, directory);
    console.log(`${tool.name}: compiled in ${Math.round((performance.now() - began) / 1000)} s`);
    for (const given of [sample, twoNamespaces]) await compare(tool, program, given);
    if (tool.target === 'argocd') await refusesTwoOfOneKey(tool.name, program);
  }
} finally {
  await rm(directory, { recursive: true, force: true });
}

/** At both sides of each edge of each window the tool says what the window says. */
async function compare(
  { name: tool, target, nameOf, besideEdgesMs }: Tool,
  program: string,
  given: typeof sample,
): Promise<void> {
  const listed = await cli(['freeze', 'list', '-o', 'json'], given);
  const { windows } = JSON.parse(listed) as { windows: Window[] };
  const edges = windows.flatMap(({ from, until }) =>
    [from, until].flatMap((edge) => besideEdgesMs.map((offset) => Date.parse(edge) + offset)),
  );
  const answers = await ask(program, await cli(['freeze', 'export', '--for', target], given), edges);
  const names = new Set(windows.map(nameOf));
  let wrong = 0;
  for (const name of names) {
    const own = windows.filter((window) => nameOf(window) === name);
    for (const [index, edge] of edges.entries()) {
      const expected = own.some(({ from, until }) => Date.parse(from) <= edge && edge < Date.parse(until));
      if (answers[name]?.[index] === expected) continue;
      wrong += 1;
      console.log(`${name} at ${new Date(edge).toISOString()}: expected ${expected}`);
    }
  }
  console.log(`${tool}: ${[...names].join(', ')}, ${edges.length} instants, ${wrong} wrong`);
  if (wrong > 0 || edges.length === 0) process.exitCode = 1;
}

/** The reason why we join windows; when a version takes them, this check says nothing any more. */
async function refusesTwoOfOneKey(tool: string, program: string): Promise<void> {
  const project = parse(await cli(['freeze', 'export', '--for', 'argocd'], twoNamespaces)) as {
    spec: { syncWindows: { namespaces: string[] }[] };
  };
  const { syncWindows } = project.spec;
  const apart = syncWindows.flatMap((window) =>
    window.namespaces.map((namespace) => ({ ...window, namespaces: [namespace] })),
  );
  const answer: Answers | Error = await ask(
    program,
    stringify({ ...project, spec: { syncWindows: apart } }),
    [NOW.getTime()],
  ).catch((error: Error) => error);
  const refused = answer instanceof Error && answer.message.includes('already exists');
  console.log(`${tool}: a window for each namespace is ${refused ? 'refused' : 'taken'}`);
  if (!refused) process.exitCode = 1;
}

async function cli(args: readonly string[], { args: more, stdin }: typeof sample): Promise<string> {
  return (await runCli([...args, ...more], { now: NOW, stdin })).stdout;
}

function frozenNamespace(namespace: string): object[] {
  const object = (kind: string, spec: object): object => ({
    apiVersion: 'presence.wedsync.io/v1alpha1',
    kind,
    metadata: { name: 'one', namespace },
    spec,
  });
  return [
    object('PresenceCluster', { timeZone: 'Europe/London' }),
    object('Wedding', {
      date: '2027-06-12',
      timeZone: 'Europe/London',
      ceremony: '14:30',
      ends: '01:00',
      team: { venue: 3 },
    }),
  ];
}
