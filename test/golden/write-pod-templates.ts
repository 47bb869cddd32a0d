/** `node test/golden/write-pod-templates.ts` accepts the pod templates as they are now; see pod-templates.test.ts. */
import { writeFileSync } from 'node:fs';
import { GOLDEN_FILE, podTemplateHashes } from './pod-templates.ts';

writeFileSync(GOLDEN_FILE, `${JSON.stringify(podTemplateHashes(), null, 2)}\n`);
