import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  MAX_CONNECTIONS_PER_PERSON,
  MAX_CONNECTIONS_PER_WEDDING,
  MESSAGE_BURST,
  MESSAGES_PER_SECOND,
} from '../api/protocol/limits.ts';
import { MAX_WRITERS } from '../domain/presence-state/provisional-overlay.ts';
import { HEARTBEAT_SECONDS, MAX_CONNECTIONS } from './config/config.ts';
import { GRACE_MS } from './limits/grace.ts';
import { MAX_MESSAGE_BYTES } from './peers/peer-message.ts';
import { ARRIVAL_WINDOW_MS } from './room/broadcast.ts';
import { ROOM_HEARTBEAT_MS } from './room/heartbeat.ts';
import { STALE_AFTER_MS } from './room/staleness.ts';
import { AGEING_MS } from './scheduling/fair-queue.ts';
import { TURN_MS } from './scheduling/work-scheduler.ts';
import { HEAD_TIMEOUT_MS } from './server.ts';
import { CONGESTED_BYTES } from './socket/connection.ts';
import { MAX_PENDING_CONNECTIONS } from './socket/pending-connections.ts';
import { LEASE_MS } from './store/redis-store.ts';

/** Lines are wrapped in the page, which says nothing. */
const page = readFileSync(new URL('../../docs/presence.md', import.meta.url), 'utf8').replaceAll(/\s+/g, ' ');

/** What each number does has a test of its own; here it is that the page says the same. */
describe('docs/presence.md', () => {
  it.each([
    `connections per server | ${MAX_CONNECTIONS.toLocaleString('en')} `,
    `connections per wedding | ${MAX_CONNECTIONS_PER_WEDDING} |`,
    `connections per person | ${MAX_CONNECTIONS_PER_PERSON} on each server and ${MAX_CONNECTIONS_PER_PERSON} in each wedding`,
    `sockets without a valid token | ${MAX_PENDING_CONNECTIONS.toLocaleString('en')};`,
    `must be complete within ${HEAD_TIMEOUT_MS / 1_000} s`,
    `members per wedding and server | ${MAX_CONNECTIONS_PER_WEDDING} |`,
    `messages per connection | ${MESSAGES_PER_SECOND} per second, ${MESSAGE_BURST} at once`,
    `unread bytes per connection | ${CONGESTED_BYTES / 1_024} KiB and one frame`,
    `shown as lost | ${(LEASE_MS + ROOM_HEARTBEAT_MS) / 1_000} s (lease of ${LEASE_MS / 1_000} s, heartbeat of ${ROOM_HEARTBEAT_MS / 1_000} s)`,
    `shown as lost | ${2 * HEARTBEAT_SECONDS} s (a ping every ${HEARTBEAT_SECONDS} s; `,
    `arrivals shown together | those within ${ARRIVAL_WINDOW_MS} ms of another`,
    `for ${GRACE_MS.photographer / 1_000} s (photographer, videographer), ${GRACE_MS.venue / 1_000} s (venue, catering, planner) or ${GRACE_MS.other / 1_000} s (other)`,
    `has not confirmed for ${STALE_AFTER_MS / 1_000} s is marked with its age`,
    `works at most ${TURN_MS} ms before it reads its sockets again`,
    `An item that has waited ${AGEING_MS} ms is overdue`,
    `message between two servers | ${MAX_MESSAGE_BYTES / 1_048_576} MiB, `,
    `servers that report on one wedding | ${MAX_WRITERS} |`,
  ])('says "%s", as it is', (words) => expect(page).toContain(words));
});
