import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stringify } from 'yaml';
import { removeDirectory } from '../support/remove-directory.ts';

/** One request that the API server has answered, as its audit log has it. */
export interface LoggedRequest {
  /** `get`, `list`, `create`, `patch`, ...; no watch is in the log. */
  readonly verb: string;
  /** `presenceclusters/status`; the path where the request is for no resource. */
  readonly resource: string;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly user: string;
  readonly code: number;
  /** When it came, in milliseconds of the wall clock. */
  readonly atMs: number;
}

/** All requests of all users, watches left out: a file that the API server has written before it answers. */
export interface RequestLog {
  /** Flags of the API server. */
  readonly flags: readonly string[];
  all(): Promise<LoggedRequest[]>;
  remove(): Promise<void>;
}

/** Source: https://kubernetes.io/docs/reference/config-api/apiserver-audit.v1/ */
interface AuditEvent {
  verb: string;
  user: { username: string };
  requestURI: string;
  objectRef?: { resource: string; subresource?: string; namespace?: string; name?: string };
  responseStatus?: { code: number };
  requestReceivedTimestamp: string;
}

export async function makeRequestLog(): Promise<RequestLog> {
  const directory = await mkdtemp(path.join(tmpdir(), 'requests-'));
  const [policy, log] = [path.join(directory, 'policy.yaml'), path.join(directory, 'audit.log')];
  const rules = [{ level: 'None', verbs: ['watch'] }, { level: 'Metadata' }];
  await writeFile(
    policy,
    stringify({ apiVersion: 'audit.k8s.io/v1', kind: 'Policy', omitStages: ['RequestReceived'], rules }),
  );
  return {
    flags: [`--audit-policy-file=${policy}`, `--audit-log-path=${log}`, '--audit-log-mode=blocking-strict'],
    all: async () => {
      // A last line without its end is still being written.
      const lines = (await readFile(log, 'utf8')).split('\n').slice(0, -1);
      return lines.map((line) => logged(JSON.parse(line) as AuditEvent));
    },
    remove: () => removeDirectory(directory),
  };
}

function logged(event: AuditEvent): LoggedRequest {
  const { verb, user, requestURI, objectRef, responseStatus, requestReceivedTimestamp } = event;
  const { resource, subresource, namespace, name } = objectRef ?? {};
  return {
    verb,
    resource: [resource ?? requestURI, subresource].filter((part) => part !== undefined).join('/'),
    namespace,
    name,
    user: user.username,
    code: responseStatus?.code ?? 0,
    atMs: Date.parse(requestReceivedTimestamp),
  };
}

/** Requests by `verb resource`, the most frequent first. */
export function countByKind(requests: readonly LoggedRequest[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { verb, resource } of requests) {
    const kind = `${verb} ${resource}`;
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return new Map([...counts].sort(([a, m], [b, n]) => n - m || a.localeCompare(b)));
}
