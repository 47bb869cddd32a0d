import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CLOSE_CODES, ERROR_CODES, errorCodeRule } from '../api/protocol/codes.ts';
import {
  MAX_UPDATES_PER_REQUEST,
  MAX_WEDDINGS_PER_REQUEST,
  MESSAGE_BURST,
  MESSAGES_PER_SECOND,
} from '../api/protocol/limits.ts';
import type { ClientMessage, ServerMessage } from '../api/protocol/messages.ts';
import { WeddingView } from '../client/wedding-view.ts';
import { CONGESTED_BYTES } from './connection.ts';
import { GRACE_MS } from './grace.ts';
import { parseMessage } from './parse-message.ts';

const page = readFileSync(new URL('../../docs/protocol.md', import.meta.url), 'utf8');

function examples(of: 'client' | 'server'): string[] {
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
      `${MESSAGES_PER_SECOND} messages a second, and ${MESSAGE_BURST} at once after a silence`,
    );
    expect(page).toContain(`${CONGESTED_BYTES / 1_024} KiB wait for it`);
    expect(page).toContain(`each of at most ${MAX_WEDDINGS_PER_REQUEST}`);
    expect(page).toContain(`of up to ${MAX_UPDATES_PER_REQUEST} people`);
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
