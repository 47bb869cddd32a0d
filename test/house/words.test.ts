import { describe, expect, it } from 'vitest';
import {
  lengthOffences,
  offencesOf,
  sentencesOf,
  textFiles,
  userVisibleTexts,
  wordOffences,
} from './words.ts';

/** Files and folders whose every text a user or contributor reads. */
const CHECKED = [
  'README.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'AGENTS.md',
  'CODE_OF_CONDUCT.md',
  'MAINTAINERS.md',
  'RELEASE.md',
  'docs',
  'charts/presence-operator/README.md',
  'charts/presence-operator/values.yaml',
  'charts/presence-operator/templates',
  'charts/presence-operator-crds',
  'manifests/README.md',
  'manifests/samples',
];

/** Folders of src whose user-visible texts are clean; becomes `src` when the last one is. */
const CHECKED_SOURCES: readonly string[] = [
  'src/bundle',
  'src/cli',
  'src/client',
  'src/domain/autoscaling',
  'src/domain/calendar',
  'src/domain/freeze',
  'src/domain/optimization',
  'src/domain/resources',
  'src/domain/rollout',
];

/** Not rewritten yet. Remove a line when `node test/house/words.ts FILE` prints nothing. */
const NOT_YET: readonly string[] = [
  'docs/architecture.md',
  'docs/presence.md',
  // Generated from texts of src.
  'docs/reference/api.md',
  'docs/reference/events.md',
  'docs/reference/metrics.md',
  'charts/presence-operator-crds/templates',
  'charts/presence-operator/templates/admission',
  // Decisions stay as they were written.
  'docs/adr',
];

const isNotYet = (file: string): boolean =>
  NOT_YET.some((place) => file === place || file.startsWith(`${place}/`));

describe('texts', () => {
  const files = [
    ...CHECKED.flatMap(textFiles).filter((file) => !isNotYet(file)),
    ...CHECKED_SOURCES.flatMap(textFiles),
  ];

  it('are found', () => {
    expect(files.length).toBeGreaterThan(20);
    expect(files).toContain('docs/getting-started.md');
    expect(NOT_YET.flatMap(textFiles).length).toBeGreaterThanOrEqual(NOT_YET.length);
  });

  it.each(files)('of %s use plain words and sentences of at most 45 words', (file) => {
    expect(offencesOf(file)).toEqual([]);
  });
});

describe('a text', () => {
  it.each([
    'Redis was not told of every connection.',
    'The kubelet asked the process in vain.',
    'The server is made anew.',
    'Whoever may do that can read it.',
    'What is worst is said.',
    'Nobody is here.',
    'It was wrong of late.',
    'One StatefulSet a shard.',
  ])('is found to need another word: %s', (text) => {
    expect(wordOffences(text)).toHaveLength(1);
  });

  it('may use the same letters in other words', () => {
    expect(wordOffences('The manual has a vanilla threshold; a body follows, and what it is not.')).toEqual(
      [],
    );
  });

  it('is found to be too long', () => {
    const words = (count: number) => Array.from({ length: count }, () => 'word').join(' ');
    expect(lengthOffences(`${words(45)}.`)).toEqual([]);
    expect(lengthOffences(`${words(46)}.`)).toHaveLength(1);
  });

  it('is split into sentences, without code, links and tables', () => {
    const page = [
      '# One heading',
      'First `told. Code` [sentence](told.md). Second',
      'line? v1. ioredis follows.',
      '',
      '- item one',
      '- item two',
      '',
      '| a | b |',
      '|---|---|',
      '| cell | other cell |',
      '```sh',
      'whoever',
      '```',
      'End.',
    ].join('\n');
    expect(sentencesOf(page)).toEqual([
      '# One heading',
      'First CODE [sentence].',
      'Second line?',
      'v1.',
      'ioredis follows.',
      'item one',
      'item two',
      'a',
      'b',
      'cell',
      'other cell',
      'End.',
    ]);
  });

  it('of a source is a literal of at least two words', () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the text of a source.
    const source = "import a from './told b.ts'; // nobody\nconst b = `X ${a} was told`; const c = 'told';";
    expect(userVisibleTexts(source)).toEqual(['./told b.ts', 'X  X  was told']);
  });
});
