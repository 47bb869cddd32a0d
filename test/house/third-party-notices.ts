/** `node test/house/third-party-notices.ts [--check]` writes THIRD-PARTY-NOTICES.txt at the root of the checkout, or compares it. */
import path from 'node:path';
import { bundlePrograms, NOTICES_FILE } from '../../src/bundle/bundle-programs.ts';
import { repository } from '../cluster/paths.ts';
import { keepGenerated } from './generated-file.ts';

const { notices } = await bundlePrograms(repository, path.join(repository, 'dist'));
keepGenerated(NOTICES_FILE, notices);
