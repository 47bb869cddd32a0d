import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stringify } from 'yaml';
import { removeDirectory } from '../../support/remove-directory.ts';

/** An event as far as tests read it. Source: https://kubernetes.io/docs/reference/config-api/apiserver-audit.v1/ */
export interface AuditEvent {
  verb: string;
  user: { username: string };
  impersonatedUser?: { username: string };
  objectRef: { resource: string; subresource?: string };
  responseStatus: { code: number };
  annotations?: Record<string, string>;
}

/** An audit log of all writes, as a file that the API server has written before it answers. */
export interface AuditLog {
  flags: string[];
  /** What was written since the last call. */
  taken(): Promise<AuditEvent[]>;
  remove(): Promise<void>;
}

export async function makeAuditLog(): Promise<AuditLog> {
  const directory = await mkdtemp(path.join(tmpdir(), 'audit-'));
  const [policy, log] = [path.join(directory, 'policy.yaml'), path.join(directory, 'audit.log')];
  await writeFile(
    policy,
    stringify({
      apiVersion: 'audit.k8s.io/v1',
      kind: 'Policy',
      omitStages: ['RequestReceived'],
      rules: [{ level: 'Metadata', verbs: ['create', 'update', 'patch', 'delete'] }],
    }),
  );
  let seen = 0;
  return {
    flags: [`--audit-policy-file=${policy}`, `--audit-log-path=${log}`, '--audit-log-mode=blocking-strict'],
    taken: async () => {
      const text = await readFile(log, 'utf8');
      // The API server may be writing the next one, of a request of its own.
      const lines = text
        .slice(0, Math.max(0, text.lastIndexOf('\n')))
        .split('\n')
        .filter(Boolean);
      const fresh = lines.slice(seen);
      seen = lines.length;
      return fresh.map((line) => JSON.parse(line) as AuditEvent);
    },
    remove: () => removeDirectory(directory),
  };
}
