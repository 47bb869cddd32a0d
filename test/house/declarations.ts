import { readFileSync } from 'node:fs';
import path from 'node:path';

/** One member of a class or an interface, as a reader sees it. */
export interface Member {
  readonly name: string;
  readonly signature: string;
  readonly doc: string;
}

export interface Declaration {
  readonly kind: string;
  readonly doc: string;
  /** The whole, without comments. */
  readonly text: string;
  readonly members: readonly Member[];
}

/** What an entry exports, with the file of each. Reads declarations as TypeScript writes them. */
export function exportsOf(folder: string, file: string): { readonly name: string; readonly file: string }[] {
  const text = readFileSync(path.join(folder, file), 'utf8');
  return [...text.matchAll(/^export (?:type )?\{([^}]*)\} from '([^']+)\.js';$/gm)].flatMap((match) =>
    (match[1] ?? '')
      .split(',')
      .map((name) => name.replace(/\btype\b/, '').trim())
      .filter((name) => name !== '')
      .map((name) => ({ name, file: path.join(path.dirname(file), `${match[2]}.d.ts`) })),
  );
}

/** An exported declaration with its comments. @throws Error for one that has none */
export function declarationOf(folder: string, file: string, name: string): Declaration {
  const text = readFileSync(path.join(folder, file), 'utf8');
  const start = new RegExp(
    `^export (?:declare )?(?:abstract )?(class|interface|type|const|function) ${name}\\b`,
    'm',
  ).exec(text);
  if (start === null) throw new Error(`${file} does not export ${name}`);
  const end = /^(?:.*;|\})$\n(?! |\})/m.exec(text.slice(start.index));
  const whole = text.slice(start.index, end === null ? undefined : start.index + end.index + end[0].length);
  const doc = commentBefore(text.slice(0, start.index));
  if (doc === undefined) throw new Error(`${name} has no comment (${file})`);
  const kind = start[1] ?? '';
  const own = kind === 'class' || kind === 'interface' ? membersOf(whole, name) : [];
  return {
    kind,
    doc: prose(doc),
    text: withoutComments(whole).trim(),
    members: [...own, ...inherited(folder, file, text, whole)],
  };
}

/** The members of the class that this one extends, where that is one of ours. */
function inherited(folder: string, file: string, text: string, whole: string): readonly Member[] {
  const [, base, argument] = /\bextends (\w+)(?:<(\w+)>)? \{/.exec(whole) ?? [];
  if (base === undefined) return [];
  const from = new RegExp(`import \\{[^}]*\\b${base}\\b[^}]*\\} from '([^']+)\\.js'`).exec(text)?.[1];
  if (from === undefined) return [];
  const { members } = declarationOf(folder, path.join(path.dirname(file), `${from}.d.ts`), base);
  const known = argument ?? 'T';
  return members.map((member) => ({ ...member, signature: member.signature.replace(/\bT\b/g, known) }));
}

/** Members have an indentation of four; each ends with a line that ends with `;`. A comment, if there is one, is before it. */
const MEMBER =
  /^( {4}\/\*\*(?:(?!\*\/)[\s\S])*\*\/\n)?( {4}[^\s}/*](?:.*\n(?! {4}\S))*(?:.*\n {4}\}.*|.*));$/gm;
/** Of an error class: what every one has. */
const UNTOLD = /^(#private|(readonly )?name\b)/;

function membersOf(whole: string, of: string): Member[] {
  return [...whole.matchAll(MEMBER)].flatMap(([, comment, text = '']) => {
    const signature = text.replace(/\s+/g, ' ').trim();
    if (UNTOLD.test(signature) && of.endsWith('Error')) return [];
    if (signature === '#private') return [];
    const name = /^(?:readonly |get |protected |abstract )*(\w+)/.exec(signature)?.[1] ?? signature;
    if (comment === undefined) throw new Error(`${of}.${name} has no comment`);
    return [{ name, signature, doc: prose(comment) }];
  });
}

function commentBefore(text: string): string | undefined {
  return /\/\*\*(?:(?!\*\/)[\s\S])*\*\/\s*$/.exec(text)?.[0];
}

function withoutComments(text: string): string {
  return text.replace(/^\s*\/\*\*(?:(?!\*\/)[\s\S])*\*\/\n/gm, '');
}

/** The text of a comment: tags become sentences, links code. */
function prose(comment: string): string {
  const text = comment
    .replace(/^\s*\/\*\*|\*\/\s*$/g, '')
    .replace(/^\s*\* ?/gm, '')
    .replace(/\{@link (\w+)\}/g, '`$1`');
  const [body = '', ...tags] = text.split(/^\s*@(?=param|throws|returns)|(?<=\. )@(?=throws)/m);
  const sentences = tags.map((tag) => {
    const [kind = '', ...rest] = tag.replace(/\s+/g, ' ').trim().split(' ');
    if (kind === 'param') return `\`${rest[0]}\`: ${rest.slice(1).join(' ')}.`;
    return kind === 'throws' ? `Throws ${rest.join(' ')}.` : `Returns ${rest.join(' ')}.`;
  });
  const paragraphs = body.split(/\n\s*\n/).map((paragraph) => paragraph.replace(/\s+/g, ' ').trim());
  return [...paragraphs, ...sentences].filter((part) => part !== '').join('\n\n');
}
