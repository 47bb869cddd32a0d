import { describe, expect, it } from 'vitest';
import { type ContentLine, ContentLines } from './content-lines.ts';
import { Names } from './names.ts';
import { parseProperty } from './property.ts';
import { PropertyReader } from './property-reader.ts';

const LINES = [
  'DTSTART:20270605T143000Z',
  'DTSTART;TZID=Europe/London:20270605T143000',
  'DTSTART;TZID=Europe/Berlin:20270605T143000',
  'DTSTART;TZID="GMT+05:30":20270605T143000',
  'DTSTART;TZID=GMT+05:30:20270605T143000',
  'dtstart;tzid=Europe/London;X-A="b;c":20270605T143000',
  'DTSTART;TZID=Zürich:20270605T143000',
  'DTSTART;TZID="odd:20270605T143000',
  'DTSTART;TZID=none',
  'DTSTART:',
];

function lineOf(text: string | Uint8Array): ContentLine {
  const buffer = Buffer.from(text);
  return { buffer, from: 0, until: buffer.length, isCut: false, number: 1 };
}

describe('a property', () => {
  it.each([true, false])(
    'is read as its text is, the first time and again (colons in values: %s)',
    (colonsInValue) => {
      const reader = new PropertyReader();
      for (const text of [...LINES, ...LINES]) {
        const expected = parseProperty('DTSTART', text, { colonsInValue });
        expect(reader.read('DTSTART', lineOf(text), { colonsInValue })).toEqual(expected);
      }
    },
  );

  it('is no text when its bytes are not UTF-8', () => {
    const line = lineOf(Uint8Array.of(...Buffer.from('UID:'), 0xff));
    expect(new PropertyReader().read('UID', line, { colonsInValue: true })).toBe('NotText');
  });
});

describe('a name', () => {
  const names = new Names(['DTSTART', 'DTSTAMP', 'UID']);

  it('is found whatever its case, and only whole', () => {
    const found = ['DTSTART:1', 'dtstamp;A=b:1', 'Uid:', 'DTSTARS:1', 'UIDS:1', 'UID', ':UID'].map((text) =>
      names.ofProperty(lineOf(text)),
    );
    expect(found).toEqual(['DTSTART', 'DTSTAMP', 'UID', undefined, undefined, undefined, undefined]);
  });
});

describe('lines', () => {
  /** Folded, with both line ends, an empty line, and a fold after it. */
  const TEXT = 'ONE:1\r\nTWO:two\n -more\r\n\r\n x\r\nTHREE:\r\n\tthree\r\nFOUR:4';

  it('are the same in one piece and in pieces of any length', () => {
    const read = (pieceLength: number): string[] => {
      const found: string[] = [];
      const lines = new ContentLines(100, ({ buffer, from, until, number }) =>
        found.push(`${number} ${buffer.toString('latin1', from, until)}`),
      );
      const bytes = Buffer.from(TEXT);
      for (let from = 0; from < bytes.length; from += pieceLength) {
        lines.push(bytes.subarray(from, from + pieceLength));
      }
      lines.end();
      return found;
    };
    const whole = read(TEXT.length);
    expect(whole).toEqual(['1 ONE:1', '2 TWO:two-more', '4 x', '6 THREE:three', '8 FOUR:4']);
    for (let length = 1; length < TEXT.length; length++) expect(read(length)).toEqual(whole);
  });

  it('that are longer than is kept are cut, and the next one is whole', () => {
    const found: string[] = [];
    const lines = new ContentLines(4, ({ buffer, from, until, isCut }) =>
      found.push(`${buffer.toString('latin1', from, until)}${isCut ? '…' : ''}`),
    );
    lines.push(Buffer.from('ABCDEFG\r\nHIJ\r\nK\r\n'));
    lines.end();
    expect(found).toEqual(['ABCD…', 'HIJ', 'K']);
  });
});
