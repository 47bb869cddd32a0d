import { describe, expect, it } from 'vitest';
import {
  commentsOf,
  lengthOffences,
  offencesOf,
  sentencesOf,
  textFiles,
  userVisibleTexts,
  wordOffences,
} from './words.ts';

/** Files and folders whose every text a user or contributor reads; of sources, messages and comments. */
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
  'src',
];

describe('texts', () => {
  const files = CHECKED.flatMap(textFiles);

  it('are found', () => {
    expect(files.length).toBeGreaterThan(20);
    expect(files).toContain('docs/getting-started.md');
    expect(files).toContain('src/domain/presence-state/functions.lua');
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

  it('of a source is a comment, too', () => {
    const source = [
      '/** Calls back, or says',
      ' * so. */',
      'const told = 1;',
      '  // It is',
      '  // wrong of',
      '  // late.',
      'const a = told;',
      '-- Nobody',
      '-- else',
      'local told = 1',
      '/** One. */',
      '/** Two. */',
    ].join('\n');
    const comments = ['Calls back, or says so.', 'It is wrong of late.', 'Nobody else', 'One.', 'Two.'];
    expect(commentsOf(source)).toEqual(comments);
    expect(comments.flatMap(wordOffences)).toHaveLength(3);
  });
});
