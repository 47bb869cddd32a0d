import type {
  ClientMessage,
  JoinMessage,
  ServerMessage,
  SnapshotRequest,
} from '../../src/api/protocol/messages.ts';
import { PresenceError } from '../../src/client/presence-error.ts';
import type { Session } from '../../src/client/session.ts';
import type { ModelPod } from './outage-world.ts';

type WithId<M> = M & { readonly id: string };
export type Join = WithId<JoinMessage>;
export type Request = Join | WithId<SnapshotRequest>;

/** One connection of the client: what was asked and not taken, and what was said and has not arrived. */
export class ModelSession {
  readonly connection: string;
  readonly pod: ModelPod;
  readonly asked: Request[] = [];
  readonly under: (ServerMessage | { readonly type: 'refused'; readonly id: string })[] = [];
  readonly waiting = new Map<string, PromiseWithResolvers<unknown>>();
  /** Numbered, and not let in yet. */
  numbered: { readonly request: Join; readonly at: number } | undefined;
  /** By the id of a join that is answered: the number from which on its client is a member. */
  readonly memberAt = new Map<string, number>();
  isEnded = false;

  constructor(connection: string, pod: ModelPod) {
    this.connection = connection;
    this.pod = pod;
  }

  request(message: ClientMessage): Promise<unknown> {
    const id = `${this.connection} ${this.waiting.size}`;
    const answer = Promise.withResolvers<unknown>();
    this.waiting.set(id, answer);
    this.asked.push({ ...message, id } as Request);
    return answer.promise;
  }

  /** The socket is gone: nothing arrives any more. */
  end(): void {
    this.isEnded = true;
    for (const { reject } of this.waiting.values()) reject(new PresenceError('disconnected', 'gone'));
  }

  get asSession(): Session {
    return this as unknown as Session;
  }
}
