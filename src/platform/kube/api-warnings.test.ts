import { describe, expect, it } from 'vitest';
import { createWarningLog, warningTexts } from './api-warnings.ts';

describe('the Warning headers of an answer', () => {
  it.each<[string, string | string[] | undefined, string[]]>([
    ['none', undefined, []],
    ['one', '299 - "v1beta1 ends"', ['v1beta1 ends']],
    ['two in one line', '299 - "one, with a comma", 299 - "two"', ['one, with a comma', 'two']],
    ['two lines', ['299 - "one"', '299 - "two"'], ['one', 'two']],
    ['quotes in the text', String.raw`299 - "unknown field \"spec.x\""`, ['unknown field "spec.x"']],
    ['another code', '199 - "of a cache"', []],
    ['what is cut', '299 - "no end', []],
  ])('%s', (_what, header, texts) => {
    expect(warningTexts(header)).toEqual(texts);
  });
});

describe('the log of warnings', () => {
  it('has each text once, with the first action, and counts all', () => {
    const lines: unknown[] = [];
    let counted = 0;
    const note = createWarningLog({ warn: (...line: unknown[]) => lines.push(line) }, () => counted++);
    note('patch pods a/b', 'one');
    note('patch pods a/c', 'one');
    note('get pods a/c', 'two');
    expect(counted).toBe(3);
    expect(lines).toEqual([
      [{ action: 'patch pods a/b', warning: 'one' }, 'the API server warns'],
      [{ action: 'get pods a/c', warning: 'two' }, 'the API server warns'],
    ]);
  });

  it('remembers a bounded number of texts', () => {
    let logged = 0;
    const note = createWarningLog({ warn: () => logged++ }, () => {});
    for (let text = 0; text < 501; text++) note('get', String(text));
    note('get', '0');
    note('get', '500');
    expect(logged).toBe(502);
  });
});
