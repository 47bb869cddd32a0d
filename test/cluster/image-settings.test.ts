import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { imageSettings } from './image-settings.ts';
import { repository } from './paths.ts';

describe('the settings of an image', () => {
  it('are those of the last stage of its Dockerfile, with the values of arguments', () => {
    const dockerfile = [
      'FROM a AS build',
      'ENV FIRST=1',
      'ARG VERSION=9',
      'FROM b',
      '# no instruction',
      'COPY x /x',
      'ENV SECOND=2',
      'ARG VERSION=1.0',
      'ARG REVISION=',
      'LABEL one="$VERSION" \\',
      '  two="$REVISION" three="fixed"',
      'CMD ["x"]',
      '',
    ].join('\n');
    expect(imageSettings(dockerfile, { REVISION: 'abc' })).toEqual([
      'ENV SECOND=2',
      'LABEL one="1.0" two="abc" three="fixed"',
      'CMD ["x"]',
    ]);
    expect(() => imageSettings('FROM b\nLABEL a=$NONE\n', {})).toThrow('no ARG NONE before "LABEL a=$NONE"');
  });

  it('of ours name a user without rights, the entry point, and where the image is from', () => {
    const dockerfile = readFileSync(path.join(repository, 'Dockerfile'), 'utf8');
    const settings = imageSettings(dockerfile, { VERSION: '7', REVISION: 'r', CREATED: 'c', SOURCE: 's' });
    expect(settings.slice(0, -1)).toEqual([
      'ENV NODE_ENV=production',
      'USER 65532:65532',
      'WORKDIR /app',
      'ENTRYPOINT ["/usr/local/bin/node"]',
      'CMD ["/app/operator.js"]',
    ]);
    for (const label of ['version="7"', 'revision="r"', 'created="c"', 'source="s"', 'licenses="Apache-2.0"'])
      expect(settings.at(-1)).toContain(`org.opencontainers.image.${label}`);
  });
});
