import { describe, expect, it } from 'vitest';
import {
  acceptedHashes,
  type CredentialSituation,
  type Credentials,
  credentialCommands,
  FILES_SETTLE_MS,
  nextCredentialStep,
  OLD_TAKEN_MS,
  type Passwords,
  type ServerCredentials,
} from './credentials.ts';
import { REDIS_USERS, type RedisUser } from './redis-acl-secret.ts';

const START = Date.parse('2027-06-01T10:00:00Z');
const hash = (password: string): string => `hash of ${password}`;
const named = (name: string): Passwords =>
  Object.fromEntries(REDIS_USERS.map((user) => [user, `${name} ${user}`])) as unknown as Passwords;
const AT_REST: Credentials = { passwords: named('old'), replaced: [] };

/** A server with users in memory and a file on its volume, which follows the Secret late. */
class Server {
  readonly pod: string;
  hashes: Record<RedisUser, string[]>;
  replicationPassword: string;
  file: Credentials;
  up = true;

  constructor(pod: string, secret: Credentials) {
    this.pod = pod;
    this.file = secret;
    this.hashes = acceptedHashes(secret, hash);
    this.replicationPassword = secret.passwords.replication;
  }

  /** The container starts anew, with the files that it has. */
  restart(): void {
    this.hashes = acceptedHashes(this.file, hash);
    this.replicationPassword = this.file.passwords.replication;
  }

  see(): ServerCredentials {
    if (!this.up) return { pod: this.pod, problem: 'hangs' };
    const { pod, hashes, replicationPassword } = this;
    return { pod, hashes: structuredClone(hashes), replicationPassword };
  }

  do([name, verb, subject, ...rest]: readonly string[]): void {
    if (name === 'CONFIG' && verb === 'SET') this.replicationPassword = rest[0] ?? '';
    if (name !== 'ACL') return;
    const user = subject as RedisUser;
    for (const change of rest) {
      const others = this.hashes[user].filter((each) => each !== change.slice(1));
      this.hashes[user] = change.startsWith('#') ? [...others, change.slice(1)] : others;
    }
  }

  takes(user: RedisUser, password: string): boolean {
    return this.hashes[user].includes(hash(password));
  }
}

/** A Redis Cluster of three servers, a Secret, and an operator that may die between any two things that it does. */
class World {
  secret = AT_REST;
  nowMs = START;
  startedAt = [new Date(START - 1000)];
  readonly servers = ['a', 'b', 'c'].map((pod) => new Server(pod, AT_REST));
  /** What everybody reads the Secret by, at most `FILES_SETTLE_MS` late. */
  fileOfPresence = AT_REST;
  readonly #writes: { atMs: number; secret: Credentials }[] = [];

  /** @param diesAfter number of commands after which the operator dies */
  pass(asked: string | undefined, diesAfter = Number.POSITIVE_INFINITY): string {
    let left = diesAfter;
    if (this.secret.rotation !== undefined) {
      for (const server of this.servers.filter(({ up }) => up)) {
        for (const command of credentialCommands(server.see(), this.secret, hash)) {
          if (left-- <= 0) return 'died';
          server.do(command);
        }
      }
    }
    if (left <= 0) return 'died';
    const step = nextCredentialStep({ ...this.situation(), asked });
    if (step.kind === 'write') {
      this.secret = step.credentials;
      this.#writes.push({ atMs: this.nowMs, secret: this.secret });
    }
    return step.kind;
  }

  situation(): CredentialSituation {
    return {
      credentials: this.secret,
      now: new Date(this.nowMs),
      servers: this.servers.map((one) => one.see()),
      startedAt: this.startedAt,
      fresh: named('new'),
      hash,
    };
  }

  wait(ms: number): void {
    this.nowMs += ms;
    const settled = this.#writes.filter(({ atMs }) => this.nowMs - atMs >= FILES_SETTLE_MS).at(-1)?.secret;
    if (settled === undefined) return;
    for (const server of this.servers) server.file = settled;
    this.fileOfPresence = settled;
  }

  /** Everybody who logs in, with the oldest password that they may still have. */
  lockedOut(): string[] {
    const logins: [RedisUser, string][] = [
      ['operator', this.secret.passwords.operator],
      ['presence', this.fileOfPresence.passwords.presence],
      ['replication', this.servers[0]?.replicationPassword ?? ''],
    ];
    return this.servers
      .filter(({ up }) => up)
      .flatMap((server) =>
        logins
          .filter(([user, password]) => !server.takes(user, password))
          .map(([user]) => `${user} at ${server.pod}`),
      );
  }
}

describe('a rotation of passwords', () => {
  it('adds, switches and removes, and ends with nothing but the new ones', () => {
    const world = new World();
    const phases: (string | undefined)[] = [];
    for (let minute = 0; minute < 20; minute++) {
      world.pass('now');
      phases.push(world.secret.rotation?.phase);
      expect(world.lockedOut()).toEqual([]);
      world.startedAt = [new Date(world.nowMs)];
      world.wait(60_000);
    }
    expect([...new Set(phases)]).toEqual(['Adding', 'Switched', 'Removing', undefined]);
    expect(world.secret).toEqual({ passwords: named('new'), replaced: [], askedBy: 'now' });
    const wanted = acceptedHashes(world.secret, hash);
    for (const server of world.servers) {
      expect(server.hashes).toEqual(wanted);
      expect(server.replicationPassword).toBe('new replication');
    }
    expect(world.pass('now')).toBe('none');
  });

  it('locks nobody out wherever the operator dies, and whichever server starts anew', () => {
    for (let diesAfter = 0; diesAfter < 30; diesAfter++) {
      const world = new World();
      for (let look = 0; look < 240; look++) {
        // Every second pass ends in the middle; every third look finds that a server was started anew.
        world.pass('now', look % 2 === 0 ? diesAfter : undefined);
        if (look % 3 === 0) world.servers[look % world.servers.length]?.restart();
        expect(world.lockedOut(), `after ${diesAfter} commands, look ${look}`).toEqual([]);
        world.startedAt = [new Date(world.nowMs)];
        world.wait(5_000);
      }
      expect(world.secret.rotation).toBeUndefined();
      expect(world.secret.passwords).toEqual(named('new'));
    }
  });

  it('waits for a server that cannot be asked, and says for which', () => {
    const world = new World();
    world.pass('now');
    (world.servers[1] as Server).up = false;
    world.wait(FILES_SETTLE_MS + OLD_TAKEN_MS);
    world.pass('now');
    expect(nextCredentialStep(world.situation())).toEqual({
      kind: 'wait',
      pod: 'b',
      because: 'b cannot be asked: hangs',
    });
    (world.servers[1] as Server).up = true;
    world.pass('now');
    expect(world.secret.rotation?.phase).toBe('Switched');
  });

  it('does not switch before the files of every pod can be new', () => {
    const world = new World();
    world.pass('now');
    world.wait(FILES_SETTLE_MS - 1);
    expect(world.pass('now')).toBe('wait');
    world.wait(1);
    expect(world.pass('now')).toBe('write');
  });

  it('keeps the old password of the probes until every Redis container is younger than the switch', () => {
    const world = new World();
    for (let minute = 0; minute < 20; minute++, world.wait(60_000)) world.pass('now');
    expect(world.secret.rotation).toBeUndefined();
    expect(world.secret.replaced.map(({ user }) => user)).toEqual(['probe']);
    expect(world.servers.every((server) => server.takes('probe', 'old probe'))).toBe(true);
    expect(world.servers.some((server) => server.takes('presence', 'old presence'))).toBe(false);
    expect(world.pass('now')).toBe('none');
    world.startedAt = [new Date(world.nowMs)];
    for (let minute = 0; minute < 5; minute++, world.wait(60_000)) world.pass('now');
    expect(world.secret.replaced).toEqual([]);
    expect(world.servers.some((server) => server.takes('probe', 'old probe'))).toBe(false);
  });

  it('finishes the one that is on before another one begins', () => {
    const world = new World();
    world.pass('first');
    world.pass('second');
    expect(world.secret.askedBy).toBe('first');
    for (let minute = 0; minute < 16; minute++, world.wait(60_000)) world.pass('first');
    world.pass('second');
    expect(world.secret).toMatchObject({ askedBy: 'second', rotation: { phase: 'Adding' } });
  });
});
