import { randomUUID } from 'node:crypto';
import type { Clock } from '../runtime/clock.ts';
import { keyOf } from '../runtime/object-key.ts';
import type { Logger } from '../telemetry/log.ts';
import type { KubeClient } from './client.ts';
import { KubeError } from './errors.ts';
import { DEFAULT_EVENT_LIMITS, EventLimiter, type EventLimits } from './event-limiter.ts';
import { microTime } from './micro-time.ts';
import { builtin, type KubeObject } from './resource.ts';

/** One event about an object, as `kubectl events` shows it. */
export interface EventContent {
  type: 'Normal' | 'Warning';
  /** CamelCase, from the one list of reasons. */
  reason: string;
  /** What the controller did or failed to do, CamelCase: `ScaleOut`. */
  action: string;
  /** For people; cut at 1 KiB, the API's limit. */
  note: string;
  /** Events with the same reason and key are the same thing said again; the note when absent. */
  dedupeKey?: string;
}

/** An Event of events.k8s.io/v1, as it is sent and read. */
export interface KubeEvent extends KubeObject {
  eventTime: string;
  reportingController: string;
  reportingInstance: string;
  type: EventContent['type'];
  reason: string;
  action: string;
  note: string;
  regarding: {
    apiVersion: string;
    kind: string;
    name: string;
    namespace: string | undefined;
    uid: string | undefined;
    resourceVersion: string | undefined;
  };
}

export interface EventRecorderOptions {
  client: Pick<KubeClient, 'create'>;
  /** `reportingController`: a qualified name such as `example.com/operator`. */
  component: string;
  /** `reportingInstance`: the pod's name. */
  instance: string;
  clock: Clock;
  log: Logger;
  limits?: EventLimits;
}

export interface EventRecorder {
  /**
   * Sends an event, or drops it when it repeats or its object causes too many of its reason. Never throws and never waits:
   * events are hints for people, so what must not be lost belongs into status as well.
   */
  record(object: KubeObject, content: EventContent): void;
  /** Resolves when everything recorded so far was sent or given up. */
  flush(): Promise<void>;
}

/** Limits of events.k8s.io/v1. */
const MAX_NOTE_BYTES = 1024;
const MAX_NAME_LENGTH = 253;
/** Events wait for everything else: a change that a thousand objects share must not be slowed down by telling of it. */
const MAX_IN_FLIGHT = 2;
/** client-go's buffer. Beyond it the API server is in trouble, and events would only add to it. */
const MAX_WAITING = 1_000;

export function createEventRecorder(options: EventRecorderOptions): EventRecorder {
  const { client, component, clock, log } = options;
  const limiter = new EventLimiter(options.limits ?? DEFAULT_EVENT_LIMITS);
  const waiting: { object: KubeObject; content: EventContent; at: Date }[] = [];
  const senders = new Set<Promise<void>>();

  async function sendAll(): Promise<void> {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      await send(next.object, next.content, next.at);
    }
  }

  async function send(object: KubeObject, content: EventContent, at: Date): Promise<void> {
    try {
      await client.create(eventOf(object, content, at, options), { fieldManager: component });
    } catch (error) {
      const gone = error instanceof KubeError && error.disposition === 'gone';
      const level = gone ? 'debug' : 'warn';
      log[level]({ err: error, reason: content.reason, object: keyOf(object) }, 'could not record an event');
    }
  }

  return {
    record(object, content) {
      // Before the limiter is asked: what it admits it takes for said.
      if (waiting.length >= MAX_WAITING) return;
      const { type, reason, note, dedupeKey } = content;
      const about = object.metadata.uid ?? `${object.kind}/${keyOf(object)}`;
      const admitted = limiter.admit(
        `${about}/${reason}`,
        `${type}/${dedupeKey ?? note}`,
        clock.monotonicMs(),
      );
      if (!admitted) return;
      logLine(log, object, content);
      waiting.push({ object, content, at: clock.now() });
      if (senders.size >= MAX_IN_FLIGHT) return;
      const sender = sendAll().finally(() => senders.delete(sender));
      senders.add(sender);
    },
    async flush() {
      await Promise.all(senders);
    },
  };
}

/** Every event is in the log as well: the API server keeps events for an hour only. */
function logLine(
  log: Logger,
  { kind, metadata: { namespace, name } }: KubeObject,
  { type, reason, action, note }: EventContent,
): void {
  const level = type === 'Warning' ? 'warn' : 'info';
  log[level]({ kind, namespace, name, reason, ...(action === reason ? {} : { action }) }, note);
}

function eventOf(
  object: KubeObject,
  content: EventContent,
  at: Date,
  options: EventRecorderOptions,
): KubeEvent {
  const { apiVersion, kind, metadata } = object;
  const { name, uid, resourceVersion } = metadata;
  const suffix = randomUUID().replaceAll('-', '').slice(0, 16);
  return {
    apiVersion: 'events.k8s.io/v1',
    kind: builtin.Event.kind,
    metadata: {
      // Each part between dots must end as it began, with a letter or digit.
      name: `${name.slice(0, MAX_NAME_LENGTH - suffix.length - 1).replace(/[-.]+$/, '')}.${suffix}`,
      // Events of cluster-scoped objects live in `default`.
      namespace: metadata.namespace || 'default',
    },
    eventTime: microTime(at),
    reportingController: options.component,
    reportingInstance: options.instance,
    type: content.type,
    reason: content.reason,
    action: content.action,
    note: cutToBytes(content.note, MAX_NOTE_BYTES),
    regarding: { apiVersion, kind, name, namespace: metadata.namespace, uid, resourceVersion },
  };
}

/** Cuts a text to a number of UTF-8 bytes without splitting a character. */
function cutToBytes(text: string, bytes: number): string {
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(bytes));
  return text.slice(0, read);
}
