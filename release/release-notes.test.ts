import { describe, expect, it } from 'vitest';
import { changelogSection, releaseNotes, withAbsoluteLinks } from './release-notes.ts';

const CHANGELOG = `# Changelog

## [0.2.0] - Unreleased

### Redis

- New, [how](docs/redis.md#new).

## [0.1.0] - 2027-01-31

- First.

## [0.0.1] - 2026-01-31
`;

describe('the section of a version', () => {
  it('ends where the next begins', () => {
    expect(changelogSection(CHANGELOG, '0.1.0')).toEqual({ date: '2027-01-31', text: '- First.' });
    expect(changelogSection(CHANGELOG, '0.2.0')).toEqual({
      date: 'Unreleased',
      text: '### Redis\n\n- New, [how](docs/redis.md#new).',
    });
  });

  it.each([
    ['0.3.0', 'has no section "## [0.3.0] - DATE"'],
    ['0.0.1', 'says nothing about 0.0.1'],
    ['0.1', 'has no section'],
  ])('of %s is missed', (version, says) => {
    expect(() => changelogSection(CHANGELOG, version)).toThrow(says);
  });
});

describe('links', () => {
  it('lead to the tag, but for those that lead somewhere already', () => {
    const text = '[a](docs/a.md#b) [c](https://example.com/d) [e](#f) [g](./h.md)';
    expect(withAbsoluteLinks(text, 'https://example.com/o/r', 'v1')).toBe(
      '[a](https://example.com/o/r/blob/v1/docs/a.md#b) [c](https://example.com/d) [e](#f) [g](https://example.com/o/r/blob/v1/h.md)',
    );
    expect(withAbsoluteLinks(text, '', 'v1')).toBe(text);
  });
});

describe('release notes', () => {
  it('name the image by digest, then say what changed', () => {
    const notes = releaseNotes(changelogSection(CHANGELOG, '0.2.0'), {
      source: 'https://example.com/o/r',
      version: '0.2.0',
      image: 'o/r@sha256:12',
    });
    expect(notes).toMatch(/^Image: `o\/r@sha256:12`\n/);
    expect(notes).toContain('](https://example.com/o/r/blob/v0.2.0/docs/redis.md#new)');
  });
});
