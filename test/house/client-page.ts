/**
 * `node test/house/client-page.ts` writes docs/reference/client.md from the declarations of the package
 * `@presence-operator/client`; with `--check` it writes nothing and fails when the page differs.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { writeDeclarations } from '../../src/bundle/client/client-package.ts';
import { repository } from '../cluster/paths.ts';
import { type Declaration, declarationOf, exportsOf, type Member } from './declarations.ts';
import { keepGenerated } from './generated-file.ts';

const NAME = 'docs/reference/client.md';

const INTRODUCTION = `# The client

The package \`@presence-operator/client\`: every function and type of its two entries, generated from the source. Its
[README](../../packages/client/README.md) shows it in use, [the protocol](../protocol.md) has what it sends, and
[Presence](../presence.md#the-client-is-never-stuck) what it does when something fails.
`;

const ENTRIES = [
  { title: '`@presence-operator/client`', file: 'client/index.d.ts' },
  { title: '`@presence-operator/client/react`', file: 'client/react/index.d.ts' },
];

/** In the order of what a reader looks for first. */
const KINDS = ['class', 'function', 'interface', 'type', 'const'];

function row({ name, signature, doc }: Member): string {
  const cell = (text: string): string => text.replace(/\s+/g, ' ').replaceAll('|', '\\|').trim();
  return `| \`${name}\` | \`${cell(signature)}\` | ${cell(doc)} |`;
}

function sectionOf(name: string, { kind, doc, text, members }: Declaration): string {
  const table =
    members.length === 0
      ? `\`\`\`ts\n${text}\n\`\`\``
      : ['| member | type | meaning |', '|---|---|---|', ...members.map(row)].join('\n');
  return `### ${name}\n\n${kind === 'class' ? 'Class. ' : ''}${doc}\n\n${table}\n`;
}

export function clientPage(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'client-declarations-'));
  try {
    writeDeclarations(repository, folder);
    const entries = ENTRIES.map(({ title, file }) => {
      const sections = exportsOf(folder, file)
        .map((each) => ({ name: each.name, declaration: declarationOf(folder, each.file, each.name) }))
        .sort((a, b) => KINDS.indexOf(a.declaration.kind) - KINDS.indexOf(b.declaration.kind))
        .map(({ name, declaration }) => sectionOf(name, declaration));
      return `## ${title}\n\n${sections.join('\n')}`;
    });
    return `${INTRODUCTION}\n${entries.join('\n')}`;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

if (import.meta.main) {
  keepGenerated(NAME, clientPage());
}
