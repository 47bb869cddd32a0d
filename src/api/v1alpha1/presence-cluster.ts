import * as z from 'zod';
import { timeZone } from '../schema/fields.ts';
import { withoutNullMembers } from '../schema/null-members.ts';
import { freeze } from './freeze.ts';
import { presence } from './presence.ts';
import { redis } from './redis.ts';
import { scaling } from './scaling.ts';

/** Names of children get suffixes such as `-redis-89-0` and must stay labels (63 characters). */
export const MAX_CLUSTER_NAME_LENGTH = 40;

export const presenceClusterSpec = z.preprocess(
  withoutNullMembers,
  z.object({
    timeZone: timeZone.describe('IANA time zone of seasons and peaks, for example Europe/London.'),
    redis: redis.prefault({}).describe('The Redis Cluster behind the presence pods.'),
    presence: presence.prefault({}).describe('The presence (WebSocket) pods.'),
    scaling: scaling.prefault({}).describe('How many presence pods there are, and when.'),
    freeze: freeze.prefault({}).describe('When running pods must not be changed.'),
  }),
);

export type PresenceClusterSpec = z.output<typeof presenceClusterSpec>;
