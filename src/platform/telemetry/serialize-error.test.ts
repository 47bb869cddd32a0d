import { describe, expect, it } from 'vitest';
import { createLogger } from './log.ts';

function written(fields: object): string {
  const lines: string[] = [];
  createLogger({
    name: 'test',
    level: 'debug',
    destination: { write: (line) => void lines.push(line) },
  }).debug(fields, 'Redis connection');
  return lines.join('');
}

/** As ioredis attaches the command to an error. */
function refused(): Error {
  return Object.assign(new Error('WRONGPASS invalid username-password pair'), {
    command: { name: 'auth', args: ['presence', 'hunter2'] },
    previousErrors: [{ command: { args: ['hunter2'] } }],
  });
}

describe('an error in a log line', () => {
  it('names the Redis command, and never its arguments', () => {
    const text = written({ err: refused() });
    expect(JSON.parse(text)).toMatchObject({
      err: { type: 'Error', message: 'WRONGPASS invalid username-password pair', command: 'auth' },
    });
    expect(text).not.toContain('hunter2');
  });

  it('keeps this up in causes, in the parts of an aggregate, and in the last error of a cluster', () => {
    const wrapped = new Error('no connection', { cause: refused() });
    const all = new AggregateError([refused(), wrapped], 'all failed');
    const cluster = Object.assign(new Error('Failed to refresh slots cache.'), { lastNodeError: refused() });
    for (const err of [wrapped, all, cluster]) {
      const text = written({ err, error: err });
      expect(text).toContain('WRONGPASS');
      expect(text).not.toContain('hunter2');
    }
  });

  it('ends at an error that is its own cause', () => {
    const error = new Error('round and round');
    error.cause = error;
    expect(written({ err: error })).toContain('round and round');
  });

  it('leaves what is no error as it is', () => {
    expect(JSON.parse(written({ err: 'a text' }))).toMatchObject({ err: 'a text' });
  });
});
