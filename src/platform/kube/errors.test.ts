import { describe, expect, it } from 'vitest';
import { errorFromResponse, errorFromStatus, errorWithoutAnswer } from './errors.ts';

const status = (fields: object) => JSON.stringify({ kind: 'Status', apiVersion: 'v1', ...fields });

describe('errorFromResponse', () => {
  it.each([
    [400, 'terminal'],
    [401, 'forbidden'],
    [403, 'forbidden'],
    [404, 'gone'],
    [409, 'conflict'],
    [410, 'gone'],
    [413, 'terminal'],
    [415, 'terminal'],
    [422, 'terminal'],
    [429, 'backoff'],
    [500, 'backoff'],
    [503, 'backoff'],
    [504, 'backoff'],
  ])('takes %i for %s', (code, disposition) => {
    expect(errorFromResponse('get', { code, body: '' }).disposition).toBe(disposition);
  });

  it('says what was tried and what the server answered', () => {
    const body = status({ reason: 'Conflict', message: 'the object has been modified', code: 409 });
    const error = errorFromResponse('apply pods ns/a', { code: 409, body });
    expect(error.message).toBe('apply pods ns/a: 409: the object has been modified');
    expect(error.reason).toBe('Conflict');
  });

  it('reads the wait from the header or else from the status, in milliseconds', () => {
    const body = status({ details: { retryAfterSeconds: 3 } });
    expect(errorFromResponse('get', { code: 429, body, retryAfter: '7' }).retryAfterMs).toBe(7000);
    expect(errorFromResponse('get', { code: 429, body }).retryAfterMs).toBe(3000);
    expect(
      errorFromResponse('get', { code: 429, body: '', retryAfter: 'soon' }).retryAfterMs,
    ).toBeUndefined();
  });

  it('shows the text of a proxy that knows nothing of Status', () => {
    const error = errorFromResponse('get', { code: 502, body: '<html>Bad Gateway</html>' });
    expect(error).toMatchObject({ reason: 'HTTP502', message: 'get: 502: <html>Bad Gateway</html>' });
  });
});

describe('errorFromStatus', () => {
  it('takes the code of an error inside a watch from its Status', () => {
    expect(errorFromStatus('watch', { code: 410, reason: 'Expired', message: 'too old' }).disposition).toBe(
      'gone',
    );
    expect(errorFromStatus('watch', null).disposition).toBe('backoff');
  });
});

describe('errorWithoutAnswer', () => {
  it('names every address that refused', () => {
    const cause = new AggregateError([new Error('refused ::1'), new Error('refused 127.0.0.1')]);
    const error = errorWithoutAnswer('list pods', 'Unreachable', cause);
    expect(error.message).toBe('list pods: refused ::1; refused 127.0.0.1');
    expect(error).toMatchObject({ code: 0, disposition: 'backoff', cause });
  });

  it('takes a namespace that is being deleted for gone, not for a missing permission', () => {
    const body = JSON.stringify({
      kind: 'Status',
      code: 403,
      reason: 'Forbidden',
      message: 'unable to create new content',
      details: { causes: [{ reason: 'NamespaceTerminating' }] },
    });
    expect(errorFromResponse('create pods a/b', { code: 403, body })).toMatchObject({
      reason: 'NamespaceTerminating',
      disposition: 'gone',
    });
  });
});
