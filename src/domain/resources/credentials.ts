import { REDIS_USERS, type RedisUser } from './redis-acl-secret.ts';

export type Passwords = Readonly<Record<RedisUser, string>>;

/** A password that was replaced and is still taken. */
export interface ReplacedPassword {
  readonly user: RedisUser;
  /** SHA-256, in hexadecimal digits. */
  readonly hash: string;
  readonly replacedAt: Date;
}

/**
 * How far a rotation is.
 * `Adding`: the servers learn the next passwords beside those in use. `Switched`: the next passwords are in use, and the old ones
 * are still taken. `Removing`: the servers forget the old ones.
 */
export type RotationPhase = 'Adding' | 'Switched' | 'Removing';

export type Rotation =
  | { readonly phase: 'Adding'; readonly since: Date; readonly next: Passwords }
  | { readonly phase: 'Switched' | 'Removing'; readonly since: Date };

/** All that is known of the passwords of one Redis Cluster; kept in its Secret, so that nothing else need survive a crash. */
export interface Credentials {
  /** The passwords that all clients log in with. */
  readonly passwords: Passwords;
  readonly replaced: readonly ReplacedPassword[];
  readonly rotation?: Rotation;
  /** Value of the annotation that asked for the last rotation. */
  readonly askedBy?: string;
}

/** What one server takes. */
export interface ServerCredentials {
  readonly pod: string;
  /** Hashes of the passwords that it takes, by user; undefined while it cannot be asked. */
  readonly hashes?: Readonly<Record<RedisUser, readonly string[]>>;
  /** `masterauth`. */
  readonly replicationPassword?: string;
  /** Why it cannot be asked, or refuses. */
  readonly problem?: string;
}

export type Hash = (password: string) => string;

/**
 * How long the kubelet may take to renew the files of a mounted Secret: it reads once per minute, from a cache that may be
 * a minute old. Until then a container that restarts gets the old files.
 */
export const FILES_SETTLE_MS = 2 * 60_000;
/** How long old passwords are taken after the switch: presence pods read theirs from a file, on slow nodes, too. */
export const OLD_TAKEN_MS = 10 * 60_000;

export type CredentialStep =
  | { readonly kind: 'none' }
  /** `pod`: whose server it waits for; absent when only time is missing. */
  | { readonly kind: 'wait'; readonly because: string; readonly pod?: string }
  /** The Secret is to be written; what it then says is in force. */
  | { readonly kind: 'write'; readonly credentials: Credentials; readonly because: string };

export interface CredentialSituation {
  readonly credentials: Credentials;
  /** Value of the annotation that asks for a rotation. */
  readonly asked?: string | undefined;
  readonly now: Date;
  /** Every pod whose server may be running. */
  readonly servers: readonly ServerCredentials[];
  /** When the container of each Redis pod was started; its probes have the password of that moment. */
  readonly startedAt: readonly Date[];
  /** New random passwords, used when a rotation begins. */
  readonly fresh: Passwords;
  readonly hash: Hash;
}

/** The hashes that every server has to take, by user: never one less, or a client could not log in. */
export function acceptedHashes(credentials: Credentials, hash: Hash): Record<RedisUser, string[]> {
  const { passwords, rotation, replaced } = credentials;
  const next = rotation?.phase === 'Adding' ? rotation.next : undefined;
  const of = (user: RedisUser): string[] => [
    ...new Set([
      hash(passwords[user]),
      ...(next === undefined ? [] : [hash(next[user])]),
      ...replaced.filter((old) => old.user === user).map((old) => old.hash),
    ]),
  ];
  return byUser(of);
}

/** The commands that make a server take exactly the wanted passwords, those that add before those that remove. */
export function credentialCommands(
  server: ServerCredentials,
  credentials: Credentials,
  hash: Hash,
): string[][] {
  const { hashes } = server;
  if (hashes === undefined) return [];
  const wanted = acceptedHashes(credentials, hash);
  const change = (user: RedisUser, sign: '#' | '!', list: readonly string[]): string[][] =>
    list.length === 0 ? [] : [['ACL', 'SETUSER', user, ...list.map((each) => `${sign}${each}`)]];
  const { replication } = credentials.passwords;
  return [
    ...REDIS_USERS.flatMap((user) =>
      change(
        user,
        '#',
        wanted[user].filter((each) => !hashes[user].includes(each)),
      ),
    ),
    ...(server.replicationPassword === replication ? [] : [['CONFIG', 'SET', 'masterauth', replication]]),
    ...REDIS_USERS.flatMap((user) =>
      change(
        user,
        '!',
        hashes[user].filter((each) => !wanted[user].includes(each)),
      ),
    ),
  ];
}

/**
 * What the rotation of passwords needs next. Each step is one write of one object, after which every process may die: who
 * comes next reads from the Secret where it is, and a server that starts in between takes what its files say, which
 * some other step's files said, too.
 */
export function nextCredentialStep(situation: CredentialSituation): CredentialStep {
  const { credentials } = situation;
  switch (credentials.rotation?.phase) {
    case undefined:
      return atRest(situation);
    case 'Adding':
      return afterAdding(situation, credentials.rotation);
    case 'Switched':
    case 'Removing':
      return afterSwitch(situation, credentials.rotation);
  }
}

function atRest({ credentials, asked, now, startedAt, fresh }: CredentialSituation): CredentialStep {
  if (asked !== undefined && asked !== credentials.askedBy) {
    const rotation: Rotation = { phase: 'Adding', since: now, next: fresh };
    const because = 'the servers are to learn new passwords';
    return { kind: 'write', credentials: { ...credentials, rotation, askedBy: asked }, because };
  }
  const replaced = stillNeeded(credentials.replaced, startedAt);
  if (replaced.length === credentials.replaced.length) return { kind: 'none' };
  const because = 'every probe uses the new password';
  const rotation: Rotation = { phase: 'Removing', since: now };
  return { kind: 'write', credentials: { ...credentials, replaced, rotation }, because };
}

function afterAdding(
  situation: CredentialSituation,
  rotation: Extract<Rotation, { phase: 'Adding' }>,
): CredentialStep {
  const { credentials, now, hash } = situation;
  const waiting = notYet(situation, rotation.since, FILES_SETTLE_MS);
  if (waiting !== undefined) return { kind: 'wait', ...waiting };
  const old = REDIS_USERS.map((user) => ({
    user,
    hash: hash(credentials.passwords[user]),
    replacedAt: now,
  }));
  const switched: Credentials = {
    ...credentials,
    passwords: rotation.next,
    replaced: [...credentials.replaced, ...old],
    rotation: { phase: 'Switched', since: now },
  };
  const because = 'every server takes the new passwords: they are used from now on';
  return { kind: 'write', credentials: switched, because };
}

function afterSwitch(
  situation: CredentialSituation,
  { phase, since }: Extract<Rotation, { phase: 'Switched' | 'Removing' }>,
): CredentialStep {
  const { credentials, now, startedAt } = situation;
  const waiting = notYet(situation, since, phase === 'Switched' ? OLD_TAKEN_MS : FILES_SETTLE_MS);
  if (waiting !== undefined) return { kind: 'wait', ...waiting };
  if (phase === 'Switched') {
    const replaced = stillNeeded(credentials.replaced, startedAt);
    const because = 'all clients use the new passwords: the servers forget the old ones';
    const rotation: Rotation = { phase: 'Removing', since: now };
    return { kind: 'write', credentials: { ...credentials, replaced, rotation }, because };
  }
  const { rotation: _, ...done } = credentials;
  return { kind: 'write', credentials: done, because: 'the rotation of passwords is complete' };
}

/** Why the phase cannot end yet: it is too young, or a server does not take what it should, or takes more. */
function notYet(
  { credentials, servers, now, hash }: CredentialSituation,
  since: Date,
  atLeastMs: number,
): { because: string; pod?: string } | undefined {
  const silent = servers.find(({ hashes }) => hashes === undefined);
  if (silent)
    return { pod: silent.pod, because: `${silent.pod} cannot be asked: ${silent.problem ?? 'no answer'}` };
  const different = servers.find(
    (server) => server.problem !== undefined || credentialCommands(server, credentials, hash).length > 0,
  );
  if (different) {
    const { pod, problem } = different;
    const why = problem ? `: ${problem}` : '';
    return { pod, because: `${pod} does not take the passwords that it should${why}` };
  }
  const left = since.getTime() + atLeastMs - now.getTime();
  return left > 0
    ? { because: `files of mounted Secrets may be old for ${Math.ceil(left / 1000)} s more` }
    : undefined;
}

/**
 * A probe has its password from the environment of its container: the old one is taken until no container is older than
 * the switch. Every other user has read the new one by the time that this is asked.
 */
function stillNeeded(replaced: readonly ReplacedPassword[], startedAt: readonly Date[]): ReplacedPassword[] {
  return replaced.filter(
    ({ user, replacedAt }) =>
      user === 'probe' &&
      startedAt.some((started) => started.getTime() < replacedAt.getTime() + FILES_SETTLE_MS),
  );
}

function byUser<T>(of: (user: RedisUser) => T): Record<RedisUser, T> {
  return Object.fromEntries(REDIS_USERS.map((user) => [user, of(user)])) as Record<RedisUser, T>;
}
