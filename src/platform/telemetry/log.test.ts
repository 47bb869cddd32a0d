import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { createDebugToggle, createLogger, type LevelSwitch } from './log.ts';

function capture(): { lines: Record<string, unknown>[]; write(text: string): void } {
  const lines: Record<string, unknown>[] = [];
  return { lines, write: (text) => void lines.push(JSON.parse(text) as Record<string, unknown>) };
}

it('never writes secrets, three objects deep and in errors', () => {
  const destination = capture();
  const log = createLogger({ name: 'test', level: 'debug', destination });
  const secrets = { password: 'p1', token: 'p2', authorization: 'p3', secret: 'p4', privateKey: 'p5' };
  log.info(secrets, 'top');
  log.info({ a: secrets }, 'one');
  log.info({ a: { b: secrets } }, 'two');
  log.info({ a: { b: { c: secrets } } }, 'three');
  log.error({ err: Object.assign(new Error('boom'), { token: 'p6' }) }, 'error');
  log.child({ token: 'p7' }).info('child');
  const text = JSON.stringify(destination.lines);
  expect(text).not.toMatch(/p[1-7]/);
  expect(destination.lines[4]).toMatchObject({ err: { message: 'boom' } });
});

it('writes level and time as people read them, and nothing below its level', () => {
  const destination = capture();
  const log = createLogger({ name: 'test', level: 'warn', destination });
  log.info('no');
  log.warn({ key: 'ns/a' }, 'yes');
  expect(destination.lines).toEqual([
    { level: 'warn', program: 'test', key: 'ns/a', msg: 'yes', time: expect.stringMatching(/^\d{4}-.*Z$/) },
  ]);
});

describe('debug while the program runs', () => {
  function start() {
    const destination = capture();
    const clock = new ManualClock();
    const levelSwitch: LevelSwitch = { level: 'info' };
    const log = createLogger({ name: 'test', level: 'info', levelSwitch, destination });
    const old = log.child({ reflector: 'pods' });
    const toggle = createDebugToggle({ levelSwitch, clock, log });
    const speak = (text: string): void => {
      old.debug(text);
      log.child({ reconcileID: '1' }).debug(text);
    };
    const heard = (text: string): number => destination.lines.filter(({ msg }) => msg === text).length;
    return { clock, toggle, speak, heard, lines: destination.lines };
  }

  it('is turned on for children old and new, and off again', () => {
    const { toggle, speak, heard, lines } = start();
    speak('before');
    toggle();
    speak('on');
    toggle();
    speak('off');
    expect([heard('before'), heard('on'), heard('off')]).toEqual([0, 2, 0]);
    expect(lines[1]).toMatchObject({ level: 'debug', reflector: 'pods' });
  });

  it('ends by itself', async () => {
    const { clock, toggle, speak, heard } = start();
    toggle();
    await clock.advance(30 * 60_000);
    speak('late');
    expect(heard('late')).toBe(0);
    expect(clock.pending).toBe(0);
  });
});
