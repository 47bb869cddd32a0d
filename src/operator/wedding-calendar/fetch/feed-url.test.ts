import { describe, expect, it } from 'vitest';
import { parseFeedUrl } from './feed-url.ts';

describe('the URL of a feed', () => {
  it.each([
    ['https://ann:p%40ss@example.com/', 'ann:p@ss'],
    ['https://ann:50%off@example.com/', 'ann:50%off'],
    ['https://ann:100%@example.com/', 'ann:100%'],
    ['https://ann@example.com/', 'ann:'],
    [' webcal://:token@example.com/a.ics \n', ':token'],
  ])('%s is asked with its credentials', (text, credentials) => {
    const { url, authorization } = parseFeedUrl(text, { allowPrivate: false });
    expect(url.href).not.toContain('@');
    expect(authorization).toBe(`Basic ${btoa(credentials)}`);
  });
});
