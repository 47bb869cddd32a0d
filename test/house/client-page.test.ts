import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { declarationOf, exportsOf } from './declarations.ts';

function withFiles<T>(files: Record<string, string>, read: (folder: string) => T): T {
  const folder = mkdtempSync(path.join(tmpdir(), 'declarations-'));
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(path.join(folder, name), text);
    return read(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const FILES = {
  'index.d.ts': "export { Door } from './door.js';\nexport type { Key } from './door.js';\n",
  'base.d.ts': `/** Base. */
export declare abstract class Base<T> {
    #private;
    /** The value. */
    readonly get: () => T;
}
`,
  'door.d.ts': `import { Base } from './base.js';
/** A key. */
export type Key = 'a' | 'b';
/**
 * A door.
 * Opens.
 */
export declare class Door extends Base<Key> {
    #private;
    /**
     * Opens it.
     *
     * @param key fits
     * @throws Error when it does not
     */
    open(key: Key): {
        readonly isOpen: boolean;
    };
}
`,
};

it('the page of the client has each export with its comment, its members and those of its base', () => {
  withFiles(FILES, (folder) => {
    expect(exportsOf(folder, 'index.d.ts')).toEqual([
      { name: 'Door', file: 'door.d.ts' },
      { name: 'Key', file: 'door.d.ts' },
    ]);
    expect(declarationOf(folder, 'door.d.ts', 'Key')).toMatchObject({
      kind: 'type',
      doc: 'A key.',
      text: "export type Key = 'a' | 'b';",
    });
    const { doc, members } = declarationOf(folder, 'door.d.ts', 'Door');
    expect(doc).toBe('A door. Opens.');
    expect(members).toEqual([
      {
        name: 'open',
        signature: 'open(key: Key): { readonly isOpen: boolean; }',
        doc: 'Opens it.\n\n`key`: fits.\n\nThrows Error when it does not.',
      },
      { name: 'get', signature: 'readonly get: () => Key', doc: 'The value.' },
    ]);
  });
});

it.each([
  ['export', "/** x */\nexport type A = 1;\nexport type Key = 'a';\n", 'Key has no comment'],
  [
    'member',
    '/** A key. */\nexport interface Key {\n    readonly teeth: number;\n}\n',
    'Key.teeth has no comment',
  ],
])('refuses an %s without a comment', (_, text, message) => {
  withFiles({ 'door.d.ts': text }, (folder) => {
    expect(() => declarationOf(folder, 'door.d.ts', 'Key')).toThrow(message);
  });
});
