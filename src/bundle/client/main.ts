/** `node src/bundle/client/main.ts` builds what the package `@presence-operator/client` holds. */
import path from 'node:path';
import { buildClient } from './client-package.ts';

await buildClient(path.resolve(import.meta.dirname, '../../..'));
