import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CLIENT_TARGETS } from '../../../src/bundle/client/client-package.ts';
import { repository } from '../../cluster/paths.ts';
import { type ConsumerProject, installPackedClient } from './packed-client.ts';

/** Strict, and our declarations are checked as well. */
const STRICT = {
  strict: true,
  noEmit: true,
  skipLibCheck: false,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  jsx: 'react-jsx',
  target: 'es2022',
};

const PROGRAM = `
import { PresenceClient, PresenceError, personEvents, presenceProblem, MAX_STATUS_LENGTH } from '@presence-operator/client';
import type { JoinedWedding, Member, WeddingSnapshot } from '@presence-operator/client';

export async function crew(url: string): Promise<readonly Member[]> {
  const client = new PresenceClient({ url, token: async () => 'x', onState: (state, reason) => void [state, reason?.code] });
  const wedding: JoinedWedding = await client.join('w', { status: 'x'.slice(0, MAX_STATUS_LENGTH), data: { gate: 2 } });
  const end = wedding.subscribe(() => {});
  const before: WeddingSnapshot = wedding.getSnapshot();
  await wedding.update({ status: null }).catch((error: PresenceError) => error.retryAfterMs);
  const events = personEvents(before.members, wedding.getSnapshot().members);
  for (const event of events) if (event.type === 'changed') void event.before.status;
  end();
  if (presenceProblem('x', {}) !== undefined) throw new PresenceError('timed_out', 'x');
  return before.members;
}
`;

describe('the package @presence-operator/client', () => {
  let project: ConsumerProject;
  const compile = (name: string, options: object, ...files: string[]): Promise<string> => {
    const config = path.join(project.folder, `${name}.json`);
    writeFileSync(config, JSON.stringify({ compilerOptions: { ...STRICT, ...options }, files }));
    return project.run('tsc', '-p', config);
  };

  beforeAll(async () => {
    project = await installPackedClient();
    writeFileSync(path.join(project.folder, 'program.ts'), PROGRAM);
    copyFileSync(
      path.join(repository, 'packages/client/examples/crew.tsx'),
      path.join(project.folder, 'crew.tsx'),
    );
  });
  afterAll(() => project?.remove());

  it('holds what it needs and nothing else', () => {
    const outside = project.files.filter((file) => !file.startsWith('dist/types/'));
    expect(outside.toSorted()).toEqual([
      'README.md',
      'dist/LICENSE',
      'dist/index.js',
      'dist/react.js',
      'package.json',
    ]);
    const manifest = JSON.parse(
      readFileSync(path.join(repository, 'packages/client/package.json'), 'utf8'),
    ) as Record<string, unknown>;
    const ours = JSON.parse(readFileSync(path.join(repository, 'package.json'), 'utf8')) as Record<
      string,
      unknown
    >;
    expect(manifest).toMatchObject({ type: 'module', sideEffects: false, version: ours.version });
    expect(manifest).not.toHaveProperty('dependencies');
  });

  it('states the oldest browsers that it is built for, and Node, in its manifest and its README', () => {
    const read = (name: string): string =>
      readFileSync(path.join(repository, 'packages/client', name), 'utf8');
    const { browserslist, engines } = JSON.parse(read('package.json')) as {
      browserslist: string[];
      engines: { node: string };
    };
    const built = CLIENT_TARGETS.map((target) => target.replace(/^([a-z]+)(.*)$/, '$1 >= $2'));
    expect([...browserslist, `node ${engines.node.replace('>=', '>= ')}`]).toEqual(built);
    expect(read('README.md')).toContain(
      'Chrome and Edge 131, Firefox 133, Safari 18.2 (two years back), or Node 20',
    );
  });

  it('has types that a strict project takes, for bundlers and for Node, with DOM and with the types of Node', async () => {
    await compile(
      'bundler',
      { module: 'esnext', moduleResolution: 'bundler', lib: ['es2022', 'dom'], types: [] },
      'program.ts',
      'crew.tsx',
    );
    await compile('nodenext', { module: 'nodenext', lib: ['es2022', 'dom'], types: [] }, 'program.ts');
    const roots = [path.join(repository, 'node_modules/@types')];
    await compile(
      'node',
      { module: 'nodenext', lib: ['es2022'], types: ['node'], typeRoots: roots },
      'program.ts',
    );
  });

  it('takes the WebSocket of a browser and that of ws for its option', async () => {
    writeFileSync(
      path.join(project.folder, 'sockets.ts'),
      `import { PresenceClient } from '@presence-operator/client';
       import { WebSocket as OfWs } from '${path.join(repository, 'node_modules/@types/ws')}/index.mjs';
       new PresenceClient({ url: 'ws://x', token: 't', WebSocket });
       new PresenceClient({ url: 'ws://x', token: 't', WebSocket: OfWs });`,
    );
    const roots = [path.join(repository, 'node_modules/@types')];
    const options = {
      module: 'nodenext',
      lib: ['es2022', 'dom'],
      types: ['node'],
      typeRoots: roots,
      skipLibCheck: true,
    };
    await compile('sockets', options, 'sockets.ts');
  });

  it('does not compile where it is used wrongly', async () => {
    writeFileSync(
      path.join(project.folder, 'wrong.ts'),
      "import { PresenceClient } from '@presence-operator/client'; new PresenceClient({ url: 5, token: 't' });",
    );
    const wrong = compile('wrong', { module: 'nodenext', lib: ['es2022', 'dom'], types: [] }, 'wrong.ts');
    await expect(wrong).rejects.toThrow("Type 'number' is not assignable to type 'string'");
  });

  it('is under its size for a page, gzipped, and brings nothing along', async () => {
    const { outputFiles, metafile } = await build({
      stdin: {
        contents:
          "import { PresenceClient } from '@presence-operator/client'; globalThis.open = (o) => new PresenceClient(o);",
        resolveDir: project.folder,
      },
      bundle: true,
      minify: true,
      write: false,
      metafile: true,
      format: 'esm',
    });
    expect(Object.keys(metafile.inputs).filter((name) => name !== '<stdin>')).toHaveLength(1);
    const bytes = gzipSync(outputFiles[0]?.contents ?? '').length;
    expect(bytes).toBeGreaterThan(2_000);
    expect(bytes).toBeLessThan(5_000);
  });

  it('costs nothing where it is imported and not used', async () => {
    const { outputFiles } = await build({
      stdin: { contents: "import '@presence-operator/client';", resolveDir: project.folder },
      bundle: true,
      minify: true,
      write: false,
      format: 'esm',
      logLevel: 'silent',
    });
    expect(outputFiles[0]?.contents.length).toBeLessThan(10);
  });

  it('refuses to build with a function that the oldest browsers lack', async () => {
    writeFileSync(
      path.join(project.folder, 'newer.ts'),
      'export const later = Promise.withResolvers<void>();\n',
    );
    const settings = { extends: path.join(repository, 'packages/client/tsconfig.json'), files: ['newer.ts'] };
    writeFileSync(
      path.join(project.folder, 'newer.json'),
      JSON.stringify({
        ...settings,
        compilerOptions: { noEmit: true, emitDeclarationOnly: false, rootDir: '.' },
      }),
    );
    await expect(project.run('tsc', '-p', 'newer.json')).rejects.toThrow("'withResolvers' does not exist");
  });

  it('runs in Node without a WebSocket of its own, as Node 20 has none', async () => {
    writeFileSync(
      path.join(project.folder, 'node.mjs'),
      `import { PresenceClient } from '@presence-operator/client';
       import { createRequire } from 'node:module';
       const { WebSocket, WebSocketServer } = createRequire(${JSON.stringify(path.join(repository, 'package.json'))})('ws');
       delete globalThis.WebSocket;
       const server = new WebSocketServer({ port: 0 });
       server.on('connection', (socket) => {
         const say = (message) => socket.send(JSON.stringify(message));
         say({ type: 'welcome', weddings: ['w'], heartbeatMs: 1000, expiresAt: 4e12, connection: 'c' });
         socket.on('message', (text) => say({ ...JSON.parse(text), type: 'snapshot', epoch: 'e', seq: 1, members: [['ann', 'other', 1]] }));
       });
       const client = new PresenceClient({ url: 'ws://127.0.0.1:' + server.address().port, token: 't', WebSocket });
       console.log((await client.join('w')).getSnapshot().members[0].user);
       process.exit();`,
    );
    expect(await project.run('node', 'node.mjs')).toBe('ann\n');
  });
});
