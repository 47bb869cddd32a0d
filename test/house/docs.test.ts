import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { MAX_CONNECTIONS_PER_PERSON } from '../../src/api/protocol/limits.ts';
import { GROUP } from '../../src/api/schema/group.ts';
import * as catalogues from '../../src/api/v1alpha1/conditions.ts';
import { EVENT_REASONS, type EventReason } from '../../src/api/v1alpha1/event-reasons.ts';
import type { PresenceCluster, Wedding } from '../../src/api/v1alpha1/kinds.ts';
import { REDIS_PARAMETERS, type RedisParameter } from '../../src/api/workload/redis-parameters.ts';
import { acceptSpec } from '../../src/domain/autoscaling/accept.ts';
import { MONTH_NAMES, seasonMultiplier } from '../../src/domain/calendar/season.ts';
import { acceptWedding } from '../../src/domain/calendar/wedding-interval.ts';
import { ClusterEvents } from '../../src/operator/objects/cluster-events.ts';
import { ConditionNews } from '../../src/operator/objects/condition-news.ts';
import type { EventContent } from '../../src/platform/kube/events.ts';
import { DAY_SECONDS, HEARTBEAT_SECONDS, MAX_CONNECTIONS } from '../../src/presence/config/config.ts';
import { validateObject } from '../../src/reports/validate-object.ts';
import { outDirectory, repository } from '../cluster/paths.ts';
import { runCli, SAMPLE_FILES, SHOP_FILES } from '../support/run-cli.ts';
import {
  anchors,
  brokenLinks,
  fencedBlocks,
  markdownPages,
  relativeLinks,
  section,
  tableRows,
} from './markdown.ts';
import { makeTargets, presenceCommands } from './shell-examples.ts';
import { sourceFiles } from './source-files.ts';

const pages = markdownPages();
const read = (file: string): string => readFileSync(path.join(repository, file), 'utf8');
const code = (cell: string | undefined): string => cell?.replaceAll('`', '') ?? '';

describe('links', () => {
  it('lead to files and headings that are there', () => {
    expect(pages.length).toBeGreaterThan(10);
    expect(pages.flatMap(brokenLinks)).toEqual([]);
  });

  it('lead from the index to every page of docs', () => {
    const index = pages.find((page) => page.path === 'docs/README.md');
    if (index === undefined) throw new Error('docs/README.md is not there');
    const linked = new Set(relativeLinks(index).map(({ file }) => file));
    const orphans = pages.filter(({ path: file }) => file.startsWith('docs/') && file !== index.path);
    expect(orphans.map(({ path: file }) => file).filter((file) => !linked.has(file))).toEqual([]);
  });

  it('are found to be broken', () => {
    const text =
      '# One\n[a](none.md) [b](#two) [c](#one) [d](concepts.md#no-such) `[e](none.md)` [f](https://x.org/)';
    expect(brokenLinks({ path: 'docs/x.md', text })).toEqual([
      'docs/x.md: none.md: no such file',
      'docs/x.md: #two: no such heading',
      'docs/x.md: concepts.md#no-such: no such heading',
    ]);
    expect(anchors('# A `b` (c)\n## A b c\n```\n# no\n```')).toEqual(['a-b-c', 'a-b-c-1']);
  });
});

/** What is wrong with the objects of our kinds in a text, as kubectl and as the operator would say. */
function wrongObjects(yaml: string): string[] {
  // kubectl reads YAML 1.1: what must be quoted for it must be quoted in examples.
  return parseAllDocuments(yaml, { version: '1.1' }).flatMap((document) => {
    if (document.errors[0] !== undefined) return [document.errors[0].message];
    const object = document.toJS() as { apiVersion?: string; kind?: string } | null;
    if (!object?.apiVersion?.startsWith(GROUP)) return [];
    const result = validateObject(object, { namespace: 'default', unknownFields: 'refuse' });
    if (!result.ours) return [`${object.kind} is no kind of ours`];
    if (!result.valid) return result.problems;
    const { kind, spec } = result.object;
    const verdict =
      kind === 'PresenceCluster'
        ? acceptSpec(spec as PresenceCluster['spec'])
        : kind === 'Wedding'
          ? acceptWedding(spec as Wedding['spec'])
          : { accepted: true as const };
    return verdict.accepted ? [] : [verdict.message];
  });
}

/**
 * Files and folders of the checkout that a page names, in code, prose, pictures or commands: `src/domain/freeze` and the
 * like. What follows a slash or a dot belongs to a longer path or an address; a name with capitals only is the reader's own.
 */
function namedFiles(text: string): string[] {
  const found = text.matchAll(/(?<![\w/.@-])(?:\.\/)?((?:src|test|charts|crds|manifests|docs)\/[\w./-]*\w)/g);
  return [...found]
    .map(([, file = '']) => file)
    .filter((file) => !/\/[A-Z]+(\.md)?$/.test(file) || file.endsWith('README.md'));
}

describe('files', () => {
  it('that a page names are there', () => {
    const named = pages.flatMap((page) => namedFiles(page.text).map((file) => ({ page: page.path, file })));
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter(({ file }) => !existsSync(path.join(repository, file)))).toEqual([]);
  });

  it('are found where they are named', () => {
    expect(
      namedFiles(
        '`src/cli`, (src/none/x.ts), "./src/client/a.ts", <br>src/store] `other/src/x` a/docs/b docs/NAME.md',
      ),
    ).toEqual(['src/cli', 'src/none/x.ts', 'src/client/a.ts', 'src/store']);
  });

  it('of the architecture table have every folder of src', () => {
    const text = pages
      .filter(({ path: file }) => file.startsWith('docs/architecture'))
      .map((page) => page.text);
    const folders = new Set(sourceFiles('src').map((file) => path.posix.dirname(file.path)));
    const inTables = new Set(
      text.flatMap(tableRows).flatMap(([cell]) => /^`(src\/[^`]+)`$/.exec(cell ?? '')?.[1] ?? []),
    );
    // A folder of one subject below a folder that has its row needs no row of its own.
    const missing = [...folders].filter(
      (folder) => !inTables.has(folder) && !inTables.has(path.posix.dirname(folder)),
    );
    expect(missing).toEqual([]);
  });
});

describe('YAML examples', () => {
  const examples = pages.flatMap((page) =>
    fencedBlocks(page.text, 'yaml').map((yaml) => ({ page: page.path, yaml })),
  );

  it('of our kinds are valid and accepted', () => {
    expect(examples.filter(({ yaml }) => yaml.includes(GROUP)).length).toBeGreaterThan(0);
    expect(examples.flatMap(({ page, yaml }) => wrongObjects(yaml).map((why) => `${page}: ${why}`))).toEqual(
      [],
    );
  });

  it('are found to be wrong', () => {
    const head =
      'apiVersion: presence.wedsync.io/v1alpha1\nkind: PresenceCluster\nmetadata: {name: a}\nspec:\n  ';
    expect(wrongObjects(`${head}timeZone: Europe/London`)).toEqual([]);
    expect(wrongObjects(`${head}timeZone: Mars/Olympus`)).toHaveLength(1);
    expect(wrongObjects(`${head}timeZone: Europe/London\n  colour: red`)).toEqual([
      'spec.colour: unknown field',
    ]);
    expect(wrongObjects(`${head}timeZone: Europe/London\n  scaling: {mode: Off}`)).toHaveLength(1);
    expect(wrongObjects('apiVersion: presence.wedsync.io/v1alpha1\nkind: PresenceClutser')).toHaveLength(1);
  });
});

describe('commands', () => {
  const commands = pages.flatMap((page) =>
    presenceCommands(page.text).map((args) => ({ page: page.path, args })),
  );

  it.each(commands)('$page: kubectl presence $args', async ({ args }) => {
    mkdirSync(outDirectory, { recursive: true });
    // Those that ask a cluster are asked of the samples, which they are written for.
    const samples = args.includes('shop') ? SHOP_FILES : SAMPLE_FILES;
    const files = args.some((arg) => ['-f', '--version'].includes(arg)) ? [] : samples;
    const { exitCode, stderr } = await runCli([...args, ...files]);
    // Two verbs take no files; their other options are checked before that.
    const takesNone = /^(override create|dashboard)( |$)/.test(args.join(' '));
    const expected = takesNone
      ? /^2 error: (override create|dashboard) asks the cluster and reads no files; /
      : /^0 $/;
    expect(`${exitCode} ${stderr}`).toMatch(expected);
  });

  it('are found where they are written', () => {
    const text =
      'Try `kubectl presence status`.\n```sh\nkubectl presence explain \\\n  -f a.yaml | head # why\n```\n';
    expect(presenceCommands(text)).toEqual([['explain', '-f', 'a.yaml']]);
    expect(presenceCommands("`kubectl presence freeze now --reason 'a drill'`")).toEqual([
      ['freeze', 'now', '--reason', 'a drill'],
    ]);
    expect(makeTargets('`make demo`, `CLUSTER_NAME=other make cluster-up`, and make haste')).toEqual([
      'demo',
      'cluster-up',
    ]);
  });

  it('of make name targets that are there', () => {
    const targets = new Set(
      [...read('Makefile').matchAll(/^([a-z][a-z0-9-]*):/gm)].map(([, target]) => target),
    );
    const named = pages.flatMap((page) => makeTargets(page.text).map((target) => `${page.path}: ${target}`));
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter((entry) => !targets.has(entry.split(': ')[1]))).toEqual([]);
  });
});

describe('docs/how-to/troubleshooting.md', () => {
  const page = read('docs/how-to/troubleshooting.md');
  /** `WEDDING_CONDITIONS` is what `## Wedding: Accepted` and its like tell; a PresenceCluster needs no name. */
  const conditions = Object.entries(catalogues).flatMap(([name, catalogue]) => {
    const kind = name
      .replace(/_CONDITIONS$/, '')
      .split('_')
      .map((word) => word.charAt(0) + word.slice(1).toLowerCase())
      .join('');
    return Object.entries(catalogue).map(([type, { reasons }]) => ({
      heading: kind === 'PresenceCluster' ? `## ${type}` : `## ${kind}: ${type}`,
      reasons: reasons as Record<string, string>,
    }));
  });

  it.each(conditions)('has every reason in $heading, and no other', ({ heading, reasons }) => {
    const text = section(page, heading) ?? '';
    const told = Object.keys(reasons).filter(
      (reason) => text.includes(`\n### ${reason}\n`) || text.split('\n###')[0]?.includes(`\`${reason}\``),
    );
    expect(told).toEqual(Object.keys(reasons));
    const headings = [...text.matchAll(/^### (\w+)$/gm)].map(([, reason]) => reason);
    expect(headings.filter((reason) => !(reason !== undefined && reason in reasons))).toEqual([]);
  });
});

describe('docs/reference/events.md', () => {
  const rows = tableRows(read('docs/reference/events.md'));

  /** The events that are recorded. */
  function sent(announce: (events: ClusterEvents) => void): EventContent[] {
    const contents: EventContent[] = [];
    announce(new ClusterEvents({ record: (_, content) => contents.push(content), flush: async () => {} }));
    return contents;
  }

  it('has every event reason with its type and meaning', () => {
    const expected = Object.entries(EVENT_REASONS).map(([reason, { meaning }]) => {
      const [event] = sent((events) => events.record({} as PresenceCluster, reason as EventReason, ''));
      return [`\`${reason}\``, event?.type, meaning];
    });
    expect(rows.filter(([, type]) => type === 'Normal' || type === 'Warning')).toEqual(expected);
  });

  it('says which changes of conditions are events, and which of them are warnings', () => {
    const expected = Object.keys(catalogues.PRESENCE_CLUSTER_CONDITIONS).flatMap((type) => {
      const types = (['False', 'True'] as const).map((status) => {
        const after = {
          type,
          status,
          reason: 'New',
          message: '',
          lastTransitionTime: '2027-01-01T00:00:00Z',
        };
        const before = { ...after, reason: 'Old' };
        const cluster = { status: { conditions: [before] } } as unknown as PresenceCluster;
        // Long after, so that it has lasted.
        const now = new Date('2027-01-02T00:00:00Z');
        const [event] = sent((events) =>
          events.conditionsChanged(cluster, [after], { news: new ConditionNews(), now }),
        );
        return { status, type: event?.type };
      });
      if (types.every((each) => each.type === undefined)) return [];
      return [[`\`${type}\``, types.find((each) => each.type === 'Warning')?.status ?? 'never']];
    });
    expect(rows.filter((row) => row.length === 2 && row[0]?.startsWith('`'))).toEqual(expected);
  });
});

describe('docs/reference/configuration.md', () => {
  const page = read('docs/reference/configuration.md');

  /** Defaults that have a name in the source. */
  const CONSTANTS: Readonly<Record<string, string>> = {
    MAX_CONNECTIONS: String(MAX_CONNECTIONS),
    MAX_CONNECTIONS_PER_PERSON: String(MAX_CONNECTIONS_PER_PERSON),
    DAY_SECONDS: String(DAY_SECONDS),
    HEARTBEAT_SECONDS: String(HEARTBEAT_SECONDS),
  };

  /** Each variable of a program with its default, `required`, or nothing. */
  function variables(source: string): string[][] {
    const schema = /^const environment = z\.object\(\{\n(.*?)^\}\);$/ms.exec(source)?.[1] ?? '';
    return [...schema.matchAll(/^ {2}([A-Z_]+): (.*?),$/gms)].map(([, name = '', rule = '']) => {
      const [, written] = /\.default\('?([^')]*)'?\)|$/.exec(rule) ?? [];
      const [, number] = /^wholeNumber\([^,]+, [^,]+, (\w+)\)$/.exec(rule) ?? [];
      const value = CONSTANTS[number ?? written ?? ''] ?? number ?? written;
      const optional = value !== undefined || /\.optional\(\)|^commaList/.test(rule);
      return [name, optional ? (value ?? '') : 'required'];
    });
  }

  it.each([
    ['## The operator', 'src/operator/config.ts'],
    ['## The dashboard in the cluster', 'src/dashboard-server/config.ts'],
    ['## The presence server', 'src/presence/config/config.ts'],
  ])('has in "%s" every variable of %s with its default', (heading, file) => {
    const rows = tableRows(section(page, heading) ?? '').filter(([name]) => name?.startsWith('`'));
    const expected = variables(read(file));
    expect(expected.length).toBeGreaterThan(5);
    expect(rows.map(([name, value]) => [code(name), code(value)])).toEqual(expected);
  });
});

describe('docs/concepts.md', () => {
  it('has the default factor of every month', () => {
    const rows = tableRows(read('docs/concepts.md')).filter(([month]) =>
      (MONTH_NAMES as readonly (string | undefined)[]).includes(month),
    );
    const expected = MONTH_NAMES.map((month, index) => [
      month,
      ...(['Northern', 'Southern'] as const).map((seasonProfile) =>
        String(seasonMultiplier({ seasonProfile }, index + 1)),
      ),
    ]);
    expect(rows).toEqual(expected);
  });
});

describe('docs/adr', () => {
  const decisions = pages
    .filter((page) => page.path.startsWith('docs/adr/'))
    .sort((a, b) => a.path.localeCompare(b.path));

  it('has numbered pages without gaps, each with a context, a decision and its consequences', () => {
    const heads = decisions.map((page) => [
      page.path.slice('docs/adr/'.length, 'docs/adr/0000'.length),
      page.text.slice(2, 6),
    ]);
    const numbers = decisions.map((_, index) => String(index + 1).padStart(4, '0'));
    expect(heads).toEqual(numbers.map((number) => [number, number]));
    for (const page of decisions) {
      const parts = [...page.text.matchAll(/^## (.+)$/gm)].map(([, part]) => part);
      expect(parts, page.path).toEqual(['Context', 'Decision', 'Consequences']);
    }
  });
});

describe('the page on settings of pods', () => {
  it('has every parameter of Redis, as the schema takes it', () => {
    const rows = tableRows(section(read('docs/how-to/pods.md'), '## Redis parameters') ?? '').slice(1);
    const documented = rows.filter(([name]) => name?.startsWith('`'));
    const known = Object.entries(REDIS_PARAMETERS as Record<string, RedisParameter>).map(
      ([name, parameter]) => [
        `\`${name}\`${parameter.engine === undefined ? '' : `, engine ${parameter.engine} only`}`,
        'min' in parameter ? `${parameter.min} to ${parameter.max}` : parameter.options.join(', '),
        parameter.byDefault,
        parameter.change === 'Online' ? 'online' : 'roll',
      ],
    );
    expect(documented).toEqual(known);
  });
});
