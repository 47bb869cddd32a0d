import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../../src/operator/config.ts';
import { repository } from '../../cluster/paths.ts';
import { ensureTools } from '../../cluster/tools.ts';
import { section, tableRows } from '../../house/markdown.ts';

async function versionOf([command = '', ...args]: readonly string[]): Promise<string | undefined> {
  const { stdout } = await promisify(execFile)(command, [...args, '--version']);
  return / v=([0-9.]+) /.exec(stdout)?.[1];
}

describe('the table of versions in docs/redis.md', () => {
  it('names the default images, and the servers that tests run against', async () => {
    const { valkeyServer, redisServer } = await ensureTools();
    const { images } = parseConfig({ PRESENCE_IMAGE: 'presence:1' });
    const page = readFileSync(path.join(repository, 'docs/redis.md'), 'utf8');
    const [, , ...rows] = tableRows(section(page, '## Versions') ?? '');
    expect(rows).toEqual([
      ['Valkey', `\`${images.valkey}\``, await versionOf(valkeyServer)],
      ['Redis', `\`${images.redis}\``, await versionOf(redisServer)],
    ]);
  });
});
