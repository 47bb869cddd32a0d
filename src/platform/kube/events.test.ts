import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { silentLogger } from '../telemetry/log.ts';
import type { KubeClient } from './client.ts';
import { KubeError } from './errors.ts';
import { createEventRecorder, type EventContent, type KubeEvent } from './events.ts';
import type { KubeObject } from './resource.ts';

const web: KubeObject = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'team', uid: 'uid-web', resourceVersion: '7' },
};

function setUp(fail?: Error) {
  const clock = new ManualClock('2027-06-05T18:00:00.120Z');
  const sent: KubeEvent[] = [];
  let gate = Promise.resolve();
  const client = {
    create: async (event: KubeEvent) => {
      if (fail) throw fail;
      sent.push(event);
      await gate;
      return event;
    },
  } as unknown as KubeClient;
  /** Lets no answer come until the returned function is called. */
  const hold = (): (() => void) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    gate = promise;
    return resolve;
  };
  const recorder = createEventRecorder({
    client,
    component: 'example.com/operator',
    instance: 'operator-0',
    clock,
    log: silentLogger(),
  });
  return { clock, sent, recorder, hold };
}

function scaled(note: string, more: Partial<EventContent> = {}): EventContent {
  return { type: 'Normal', reason: 'Scaled', action: 'Scale', note, ...more };
}

describe('record', () => {
  it('writes an events.k8s.io/v1 event about the object', async () => {
    const { recorder, sent } = setUp();
    recorder.record(web, scaled('from 2 to 3'));
    await recorder.flush();
    expect(sent).toEqual([
      {
        apiVersion: 'events.k8s.io/v1',
        kind: 'Event',
        metadata: { name: expect.stringMatching(/^web\.[0-9a-f]{16}$/), namespace: 'team' },
        eventTime: '2027-06-05T18:00:00.120000Z',
        reportingController: 'example.com/operator',
        reportingInstance: 'operator-0',
        type: 'Normal',
        reason: 'Scaled',
        action: 'Scale',
        note: 'from 2 to 3',
        regarding: {
          apiVersion: 'apps/v1',
          kind: 'Deployment',
          name: 'web',
          namespace: 'team',
          uid: 'uid-web',
          resourceVersion: '7',
        },
      },
    ]);
  });

  it('says the same thing once in ten minutes, by its key when it has one', async () => {
    const { clock, recorder, sent } = setUp();
    recorder.record(web, scaled('from 2 to 3'));
    recorder.record(web, scaled('from 2 to 3'));
    recorder.record(web, scaled('from 3 to 4'));
    recorder.record(web, scaled('held, 10 min left', { dedupeKey: 'held' }));
    recorder.record(web, scaled('held, 9 min left', { dedupeKey: 'held' }));
    await recorder.flush();
    expect(sent.map((event) => event.note)).toEqual(['from 2 to 3', 'from 3 to 4', 'held, 10 min left']);
    await clock.advance(600_000);
    recorder.record(web, scaled('from 2 to 3'));
    await recorder.flush();
    expect(sent).toHaveLength(4);
  });

  it('lets one object cause 25 of a reason at once and one more each 5 minutes, and does not hold it against others', async () => {
    const { clock, recorder, sent } = setUp();
    for (let count = 0; count < 40; count++) recorder.record(web, scaled(`number ${count}`));
    await recorder.flush();
    expect(sent).toHaveLength(25);
    recorder.record({ ...web, metadata: { ...web.metadata, uid: 'other' } }, scaled('other'));
    await clock.advance(300_000);
    recorder.record(web, scaled('later 1'));
    recorder.record(web, scaled('later 2'));
    await recorder.flush();
    expect(sent.slice(25).map((event) => event.note)).toEqual(['other', 'later 1']);
  });

  it('silences no reason for the chatter of another of the same object', async () => {
    const { recorder, sent } = setUp();
    for (let count = 0; count < 40; count++) recorder.record(web, scaled(`number ${count}`));
    recorder.record(web, scaled('rare and grave', { reason: 'DataLost' }));
    await recorder.flush();
    expect(sent.at(-1)?.note).toBe('rare and grave');
  });

  it('sends two at a time, at the time they were recorded, and gives up what is beyond the buffer', async () => {
    const { clock, sent, recorder, hold } = setUp();
    const go = hold();
    for (let index = 0; index < 1_100; index++) {
      const each = { ...web, metadata: { ...web.metadata, uid: `uid-${index}` } };
      recorder.record(each, scaled(`event ${index}`));
    }
    await clock.advance(60_000);
    expect(sent).toHaveLength(2);
    go();
    await recorder.flush();
    expect(sent.map((event) => event.note)).toEqual(
      Array.from({ length: 1_002 }, (_, index) => `event ${index}`),
    );
    expect(new Set(sent.map((event) => event.eventTime))).toEqual(new Set(['2027-06-05T18:00:00.120000Z']));
  });

  it('says later what the full buffer had no room for', async () => {
    const { sent, recorder, hold } = setUp();
    const go = hold();
    for (let index = 0; index < 1_002; index++) {
      const each = { ...web, metadata: { ...web.metadata, uid: `uid-${index}` } };
      recorder.record(each, scaled('crowd'));
    }
    recorder.record(web, scaled('too much'));
    go();
    await recorder.flush();
    recorder.record(web, scaled('too much'));
    await recorder.flush();
    expect(sent.at(-1)?.note).toBe('too much');
  });

  it('never throws, whatever the server says', async () => {
    const { recorder } = setUp(new KubeError({ code: 403, reason: 'Forbidden', message: 'no' }));
    recorder.record(web, scaled('from 2 to 3'));
    await expect(recorder.flush()).resolves.toBeUndefined();
  });

  it('cuts a note to 1 KiB without breaking a character, and long names to what the API takes', async () => {
    const { recorder, sent } = setUp();
    const metadata = { name: 'n'.repeat(253), uid: 'long' };
    recorder.record({ apiVersion: 'v1', kind: 'Node', metadata }, scaled('é'.repeat(1000)));
    await recorder.flush();
    expect(sent[0]?.note).toBe('é'.repeat(512));
    expect(sent[0]?.metadata.name).toHaveLength(253);
    expect(sent[0]?.metadata.namespace).toBe('default');
  });

  it('cuts a long name to one that the API takes', async () => {
    const { recorder, sent } = setUp();
    const metadata = { name: `${'n'.repeat(234)}.-${'n'.repeat(16)}`, uid: 'long' };
    recorder.record({ apiVersion: 'v1', kind: 'Node', metadata }, scaled('x'));
    await recorder.flush();
    expect(sent[0]?.metadata.name).toMatch(/^n{234}\.[0-9a-f]{16}$/);
  });
});
