import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { MESSAGES_FILE, userMessages } from '../../../../test/golden/messages.ts';
import { PRESENCE_CLUSTER_CONDITIONS } from '../../../api/v1alpha1/conditions.ts';

const WHAT_TO_DO = `
The message of a condition has changed, or there is a new one. Read the difference as a user would: short sentences, plain
words, what to do. Then accept it: node test/golden/write-messages.ts`;

/** Reasons whose message comes from elsewhere and is tested there. */
const TESTED_ELSEWHERE: ReadonlySet<string> = new Set([
  // src/domain/autoscaling/accept.test.ts, src/domain/freeze/accept-freeze.test.ts
  ...['Accepted ContradictoryTable', 'Accepted EndlessFreeze'],
  // src/operator/credentials: the problem of a Secret is passed on as it is
  ...['SecretMissing', 'KeyMissing', 'KeyChanged'].map((reason) => `CredentialsCurrent ${reason}`),
  ...['Unusable', 'CertManagerMissing', 'NotIssued'].map((reason) => `CertificatesCurrent ${reason}`),
  // src/domain/freeze/budget.prop.test.ts
  ...['FreezeWithinBudget Relaxed', 'FreezeWithinBudget CannotRelax'],
]);

const messages = userMessages();

it('every message of a condition is as it was reviewed', () => {
  expect(messages, WHAT_TO_DO).toBe(readFileSync(MESSAGES_FILE, 'utf8'));
});

it('every reason of a PresenceCluster has a message in the file', () => {
  const shown = new Set(messages.split('\n').map((line) => line.replace(/^(\w+) \w+ (\w+): .*/, '$1 $2')));
  const missing = Object.entries(PRESENCE_CLUSTER_CONDITIONS).flatMap(([type, { reasons }]) =>
    Object.keys(reasons)
      .map((reason) => `${type} ${reason}`)
      .filter((each) => !shown.has(each) && !TESTED_ELSEWHERE.has(each)),
  );
  expect(missing).toEqual([]);
});
