import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CLOSE_CODES, ERROR_CODES, errorCodeRule } from '../api/protocol/codes.ts';
import {
  MAX_CONNECTIONS_PER_PERSON,
  MAX_CONNECTIONS_PER_WEDDING,
  MAX_DATA_BYTES,
  MAX_DATA_DEPTH,
  MAX_REMOVALS_PER_WEDDING,
  MAX_REQUEST_HEAD_BYTES,
  MAX_STATUS_LENGTH,
  MAX_UPDATES_PER_REQUEST,
  MAX_WEDDINGS_PER_REQUEST,
  MESSAGE_BURST,
  MESSAGES_PER_SECOND,
  SUBPROTOCOL,
  TOKEN_SUBPROTOCOL_PREFIX,
} from '../api/protocol/limits.ts';
import type { Member } from '../api/protocol/member.ts';
import type { ClientMessage, ServerMessage, SnapshotMessage } from '../api/protocol/messages.ts';
import { WeddingView } from '../client/wedding-view.ts';
import { CLOCK_TOLERANCE_MS, MAX_WEDDINGS_IN_TOKEN } from './auth/identity.ts';
import { parseMessage } from './frames/parse-message.ts';
import { parseBulkUpdate } from './http/bulk-update.ts';
import { eventsOf, membersAt } from './http/history.ts';
import { parseRemoval } from './http/removal.ts';
import { MAX_BODY_BYTES } from './http/rest-answers.ts';
import { GRACE_MS } from './limits/grace.ts';
import { connectRate, shareOfUser } from './limits/rate-limit.ts';
import { HEAD_TIMEOUT_MS } from './server.ts';
import { CONGESTED_BYTES } from './socket/connection.ts';

const page = readFileSync(new URL('../../docs/protocol.md', import.meta.url), 'utf8');

function examples(of: 'client' | 'server' | 'events' | 'past'): string[] {
  return [...page.matchAll(new RegExp(`^\`\`\`json ${of}\\n(.*?)\\n\`\`\`$`, 'gms'))].map(
    (match) => match[1] ?? '',
  );
}

describe('docs/protocol.md', () => {
  it('has one example of every message a client may send, and the server takes each', () => {
    const types = examples('client').map((text) => {
      const frame = parseMessage(text);
      expect(frame).toEqual({ kind: 'message', message: JSON.parse(text) });
      return (JSON.parse(text) as ClientMessage).type;
    });
    expect(types.toSorted()).toEqual(['join', 'leave', 'ping', 'snapshot', 'update']);
  });

  it('has one example of every message a server sends', () => {
    const types = examples('server').map((text) => (JSON.parse(text) as ServerMessage).type);
    expect(types.toSorted()).toEqual([
      'ack',
      'diff',
      'drain',
      'error',
      'freshness',
      'pong',
      'provisional',
      'snapshot',
      'welcome',
    ]);
  });

  it('shows a diff that applies to the snapshot it shows', () => {
    const messages = examples('server').map((text) => JSON.parse(text) as ServerMessage);
    const view = new WeddingView();
    const snapshot = messages.find((message) => message.type === 'snapshot');
    const diff = messages.find((message) => message.type === 'diff');
    if (snapshot === undefined || diff === undefined) throw new Error('an example is missing');
    view.replace(snapshot);
    expect(view.apply(diff)).toBe('applied');
    expect([...view.members.keys()]).toEqual(['u-17', 'u-20']);
  });

  it('lists every error code with what follows it', () => {
    const rows = [...page.matchAll(/^\| `(\w+)` \| (\d+|stays open) \| (yes|no) \| (.*) \|$/gm)].map((row) =>
      row.slice(1),
    );
    const expected = (Object.keys(ERROR_CODES) as (keyof typeof ERROR_CODES)[]).map((code) => {
      const rule = errorCodeRule(code);
      return [
        code,
        rule.close === undefined ? 'stays open' : String(rule.close),
        rule.retry ? 'yes' : 'no',
        rule.meaning,
      ];
    });
    expect(rows).toEqual(expected);
    expect(page).toContain(`${CLOSE_CODES.goingAway}, drained`);
  });

  it('states the limits that are enforced', () => {
    expect(page).toContain(
      `${MESSAGES_PER_SECOND} messages per second, and ${MESSAGE_BURST} at once after a silence`,
    );
    expect(page).toContain(`${CONGESTED_BYTES / 1_024} KiB wait for it`);
    expect(page).toContain(`each of at most ${MAX_WEDDINGS_PER_REQUEST}`);
    expect(page).toContain(`of up to ${MAX_UPDATES_PER_REQUEST} people`);
    const { perSecond, burst } = shareOfUser({ perSecond: MESSAGES_PER_SECOND, burst: MESSAGE_BURST });
    expect(page).toContain(`${perSecond} requests per second, and ${burst} at once after a silence`);
    expect(page).toContain(`more than ${MAX_REQUEST_HEAD_BYTES / 1_024} KiB 431`);
    expect(page).toContain(`has ${HEAD_TIMEOUT_MS / 1_000} s to send its request`);
    expect(page).toContain(`${MAX_DATA_DEPTH} levels of arrays and objects`);
    expect(page).toContain(`good until ${CLOCK_TOLERANCE_MS / 1_000} s after \`exp\``);
    const connects = connectRate(MAX_CONNECTIONS_PER_PERSON);
    expect(page).toContain(`may have ${MAX_CONNECTIONS_PER_PERSON} connections to one server`);
    expect(page).toContain(`open ${connects.burst} connections at once and ${connects.perSecond} per second`);
    expect(page).toContain(`at most ${MAX_WEDDINGS_IN_TOKEN} strings`);
    expect(page).toContain(`at most ${MAX_REMOVALS_PER_WEDDING} at a time`);
    expect(page).toContain(`['${SUBPROTOCOL}', '${TOKEN_SUBPROTOCOL_PREFIX}TOKEN']`);
    expect(page).toContain(`of at most ${MAX_BODY_BYTES.toLocaleString('en')} bytes`);
  });

  it('says how large a frame of the server can be: the largest snapshot fits', () => {
    expect(page).toContain('A frame of\nthe server may have up to 1 MiB');
    // A control character is the longest of all in JSON: six bytes.
    const longest = (length: number): string => '\u0001'.repeat(length);
    const members = Array.from({ length: MAX_CONNECTIONS_PER_WEDDING }, (_, index): Member => {
      const times = { since: 1_812_211_500_123, updatedAt: 1_812_211_500_124 };
      const state = {
        role: 'photographer',
        state: 'reconnecting',
        reason: 'server_lost',
        devices: 0,
      } as const;
      const user = `${longest(125)}${index}`;
      const data = 'x'.repeat(MAX_DATA_BYTES - 2);
      return { user, name: longest(128), ...state, status: longest(MAX_STATUS_LENGTH), data, ...times };
    });
    const text = JSON.stringify({ type: 'snapshot', members } satisfies Partial<SnapshotMessage>);
    expect(Buffer.byteLength(text)).toBeGreaterThan(500_000);
    expect(Buffer.byteLength(text)).toBeLessThan(1_000_000);
  });

  it('shows the history and the list of a moment as the server makes them', () => {
    const line = { connection: 'c', user: 'u-9' };
    const history = [
      { ...line, at: 1_812_211_500_123, kind: 'joined', role: 'catering' },
      { ...line, at: 1_812_212_000_456, kind: 'reconnecting', reason: 'lost' },
    ] as const;
    expect(examples('events').map((text) => JSON.parse(text) as unknown)).toEqual([eventsOf(history)]);
    const past = membersAt(history, 1_812_212_000_456);
    expect(examples('past').map((text) => JSON.parse(text) as unknown)).toEqual([past]);
  });

  it('shows a bulk update that the server takes', () => {
    const body = /The body is `(\{"updates".*?)`/.exec(page)?.[1] ?? '';
    expect(parseBulkUpdate(body)).toEqual({ kind: 'update', update: JSON.parse(body) });
  });

  it('shows a removal that the server takes', () => {
    const body = /The body is `(\{"user".*?)`/.exec(page)?.[1] ?? '';
    expect(parseRemoval(body, new Date('2027-06-05T12:00:00Z'))).toMatchObject({
      removal: { user: 'u-17', until: new Date('2027-06-06T12:00:00Z') },
    });
  });

  it('states the grace periods that are the default', () => {
    expect(page).toContain(
      `${GRACE_MS.photographer / 1_000} s for photographers and videographers, ${GRACE_MS.venue / 1_000} s for venue, catering and planner, ${GRACE_MS.other / 1_000} s for others`,
    );
    expect([GRACE_MS.videographer, GRACE_MS.catering, GRACE_MS.planner]).toEqual([
      GRACE_MS.photographer,
      GRACE_MS.venue,
      GRACE_MS.venue,
    ]);
  });
});
