/** `node test/golden/write-messages.ts` accepts the messages of conditions as they are now; see messages.test.ts. */
import { writeFileSync } from 'node:fs';
import { MESSAGES_FILE, userMessages } from './messages.ts';

writeFileSync(MESSAGES_FILE, userMessages());
