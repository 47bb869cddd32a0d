import type { Duplex } from 'node:stream';
import type { Clock } from '../../platform/runtime/clock.ts';
import type { Logger } from '../../platform/telemetry/log.ts';
import type { PresenceMetrics } from '../telemetry/metrics.ts';
import { refuseByHttp } from './refusals.ts';

export interface AddressRefusalsDeps {
  readonly metrics: Pick<PresenceMetrics, 'refused'>;
  readonly log: Pick<Logger, 'warn' | 'debug'>;
  readonly clock: Pick<Clock, 'monotonicMs'>;
}

/** A proxy that is configured wrongly is one line per minute, however many clients it has. */
const WARN_EVERY_MS = 60_000;

/** Refuses connections of trusted proxies that do not say where they come from in a form that can be read. */
export class AddressRefusals {
  readonly #deps: AddressRefusalsDeps;
  #warnedAt = Number.NEGATIVE_INFINITY;

  constructor(deps: AddressRefusalsDeps) {
    this.#deps = deps;
  }

  /** Answers with status 400, and ends the socket. */
  refuse(socket: Duplex, message: string, proxy: string | undefined): void {
    const { metrics, log, clock } = this.#deps;
    metrics.refused('malformed_address');
    const text = 'a connection was refused: a trusted proxy does not say where it comes from';
    const isDue = clock.monotonicMs() - this.#warnedAt >= WARN_EVERY_MS;
    if (isDue) this.#warnedAt = clock.monotonicMs();
    log[isDue ? 'warn' : 'debug']({ proxy, reason: message }, text);
    refuseByHttp(socket, 400, { code: 'invalid_request', message });
  }
}
