import { PassThrough, Writable } from 'node:stream';
import { expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { metricsAtRest } from '../../../test/support/presence-parts.ts';
import { createLogger } from '../../platform/telemetry/log.ts';
import { AddressRefusals } from './address-refusals.ts';

it('says what is wrong: in the answer, in the metrics, and in the log once a minute', async () => {
  const clock = new ManualClock();
  const metrics = metricsAtRest();
  const lines: string[] = [];
  const destination = new Writable({
    write: (chunk, _, done) => {
      lines.push(String(chunk));
      done();
    },
  });
  const log = createLogger({ name: 'test', level: 'info', destination });
  const refusals = new AddressRefusals({ metrics, log, clock });
  const refuse = (): string => {
    const socket = new PassThrough();
    refusals.refuse(socket, 'no PROXY header', '10.0.0.1');
    return String(socket.read());
  };
  expect(refuse()).toMatch(/^HTTP\/1\.1 400 Bad Request[\s\S]*"message":"no PROXY header"/);
  await clock.advance(59_999);
  refuse();
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/"proxy":"10\.0\.0\.1","reason":"no PROXY header"/);
  await clock.advance(1);
  refuse();
  expect(lines).toHaveLength(2);
  const text = await metrics.registry.metrics();
  expect(text).toContain('presence_refused_connections_total{reason="malformed_address"} 3');
});
