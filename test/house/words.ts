/**
 * `node test/house/words.ts [FOLDER…]` prints every offence in the given files and folders, or in all of ours.
 *
 * Words and phrases that a reader stumbles over: persons in place of processes, riddle nouns, dropped verbs.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { repository } from '../cluster/paths.ts';
import { everyNode, parseTypeScript } from './syntax-tree.ts';

/** A phrase, and what to write in its place. */
interface Rule {
  phrase: RegExp;
  instead: string;
}

const RULES: readonly Rule[] = [
  { phrase: /\btold\b/, instead: 'the subject and its verb: "the server sends", "the message names"' },
  { phrase: /\bin vain\b/, instead: '"without an answer", "N failed probes"' },
  { phrase: /\banew\b/, instead: '"again", or a verb: restart, recreate, renew' },
  { phrase: /\bwho(m)?ever\b/, instead: '"a user who", "the process that"' },
  { phrase: /\bwhat is\b[^.?!:;,()]{0,40}\bis\b/, instead: 'the noun itself' },
  { phrase: /\b(no|some)body\b/, instead: 'the role: a user, an admin, another controller' },
  { phrase: /\bof late\b/, instead: '"recently", or the time span' },
  { phrase: /\ball the same\b/, instead: '"still", "anyway"' },
  { phrase: /\bby (its|their|the|his) words?\b/, instead: '"as X reports"' },
  { phrase: /\btaken for (dead|over|granted|lost)\b/, instead: '"considered dead"' },
  { phrase: /\breckon(s|ed|ing)?\b/, instead: '"compute"' },
  { phrase: /\bstands? in for\b/, instead: '"replaces"' },
  { phrase: /\blets? go\b/, instead: '"releases", "removes"' },
  {
    phrase: /\b(one|two|ten|\d+) (\w+ )?an? (shard|pod|kind|wedding|minute|second|day|connection)\b/,
    instead: '"N per …"',
  },
  { phrase: /\b(says|tells) so\b/, instead: 'the place that reports it: "condition X is False"' },
  { phrase: /\bso long\b/, instead: 'a number, or "for that time"' },
  { phrase: /\bbrought along\b/, instead: '"installed by make"' },
];

/** A sentence that is longer is read twice. */
export const MAX_WORDS = 45;

export interface Offence {
  /** The sentence or the text. */
  text: string;
  problem: string;
}

export function wordOffences(text: string): Offence[] {
  return RULES.filter(({ phrase }) => new RegExp(phrase, 'i').test(text)).map(({ phrase, instead }) => ({
    text,
    problem: `"${new RegExp(phrase, 'i').exec(text)?.[0]}": write ${instead}`,
  }));
}

export function lengthOffences(sentence: string): Offence[] {
  const words = sentence.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word)).length;
  return words > MAX_WORDS
    ? [{ text: sentence, problem: `${words} words in a sentence, at most ${MAX_WORDS}` }]
    : [];
}

/** Sentences of a Markdown page; code spans count as one word, and list items and table cells are texts of their own. */
export function sentencesOf(page: string): string[] {
  const prose = page
    .replace(/^```.*?^```$/gms, '\n')
    .replace(/^ *\|[-| :]+\| *$/gm, '')
    .replace(/`(?:[^`\n]|\n(?!\n))*`/g, 'CODE')
    .replace(/\]\([^)]*\)/g, ']')
    .replace(/^(#+ .*)$/gm, '\n$1\n')
    .replace(/^ *([-*]|\d+\.) /gm, '\n')
    .replace(/^ *\|(.*)\| *$/gm, (_, row: string) => `\n${row.split('|').join('\n\n')}\n`);
  return prose.split(/\n\s*\n/).flatMap(sentencesOfParagraph);
}

function sentencesOfParagraph(paragraph: string): string[] {
  const text = paragraph.replace(/\s+/g, ' ').trim();
  return text === '' ? [] : text.split(/(?<=[.?!]["')\]*]*) /);
}

/** Lines of a template or a values file that a user reads: comments, and the text of NOTES.txt. */
function chartTexts(file: string, text: string): string[] {
  if (file.endsWith('NOTES.txt')) return text.replace(/\{\{.*?\}\}/gs, ' X ').split(/\n\s*\n/);
  const comments = text.split('\n').map((line) => /^\s*# ?(.*)$/.exec(line)?.[1] ?? '');
  return comments.join('\n').split(/\n\s*\n/);
}

/**
 * Comments of a source, one text each; `//` or `--` lines below each other are one. Comments after code on the same line are not
 * read.
 */
export function commentsOf(source: string): string[] {
  const comments: string[] = [];
  let isOpen = false;
  for (const line of source.split('\n')) {
    const text = /^\s*(?:\/\*\*?|\*(?!\/)|\/\/|--)(.*)$/
      .exec(line)?.[1]
      ?.replace(/\*\/\s*$/, '')
      .trim();
    if (text === undefined) isOpen = false;
    else if (isOpen && !/^\s*\/\*/.test(line)) comments.push(`${comments.pop()} ${text}`);
    else comments.push(text);
    if (text !== undefined) isOpen = !line.trimEnd().endsWith('*/');
  }
  return comments;
}

/** Texts of a source that a user may see: string literals of at least two words. Comments are not among them. */
export function userVisibleTexts(source: string): string[] {
  const texts: string[] = [];
  for (const node of everyNode(parseTypeScript(source))) {
    if (node.type === 'StringLiteral') texts.push(String(node.value));
    if (node.type === 'TemplateLiteral') {
      const quasis = node.quasis as { cooked?: string | null; raw: string }[];
      texts.push(quasis.map(({ cooked, raw }) => cooked ?? raw).join(' X '));
    }
  }
  return texts.filter((text) => /\p{L}\s+\p{L}/u.test(text));
}

/** Everything that is wrong with one file of the checkout. */
export function offencesOf(file: string): Offence[] {
  const text = readFileSync(path.join(repository, file), 'utf8');
  if (file.endsWith('.md')) {
    return sentencesOf(text).flatMap((sentence) => [...wordOffences(sentence), ...lengthOffences(sentence)]);
  }
  return textsOf(file, text).flatMap(wordOffences);
}

function textsOf(file: string, text: string): string[] {
  if (file.endsWith('.ts')) return [...userVisibleTexts(text), ...commentsOf(text)];
  return file.endsWith('.lua') ? commentsOf(text) : chartTexts(file, text);
}

/** Pages, chart texts and sources below a file or folder of the checkout; tests are not read. */
export function textFiles(place: string): string[] {
  const absolute = path.join(repository, place);
  const files = statSync(absolute).isFile()
    ? [place]
    : readdirSync(absolute, { recursive: true, encoding: 'utf8' }).map((name) =>
        path.posix.join(place, name),
      );
  return files
    .filter(
      (file) => /\.(md|ya?ml|txt|tpl|lua)$|(?<!\.test)\.ts$/.test(file) && !/\.prop\.test\.ts$/.test(file),
    )
    .sort();
}

if (import.meta.main) {
  const places = process.argv.length > 2 ? process.argv.slice(2) : ['README.md', 'docs', 'charts', 'src'];
  for (const file of places.flatMap(textFiles)) {
    for (const { text, problem } of offencesOf(file)) {
      console.log(`${file}: ${problem}\n    ${text.replace(/\s+/g, ' ')}`);
    }
  }
}
