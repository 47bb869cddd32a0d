import type { Role } from '../../src/api/protocol/roles.ts';
import type { JoinedWedding } from '../../src/client/joined-wedding.ts';
import { PresenceClient } from '../../src/client/presence-client.ts';
import { eventually } from '../support/eventually.ts';
import { presenceToken } from '../support/presence-token.ts';
import type { ShownWedding } from './live-list.ts';

export interface StoryOptions {
  /** `ws://host:port/v1/presence` */
  readonly url: string;
  /** The shared secret that the servers check tokens with. */
  readonly secret: string;
  readonly wedding: string;
  /** What the planner's client shows, each time that it changes. */
  readonly onShown: (shown: ShownWedding) => void;
  /** Between two scenes, so that a user can read the list. */
  readonly pauseMs: number;
}

/** The next scene waits until the planner's list shows the one before. */
const SCENE_WITHIN_SECONDS = 60;

/**
 * A crew comes to a wedding and is watched by its planner over connections of the client SDK: people arrive, one says what
 * it does, one goes through a tunnel and comes back, one leaves.
 *
 * @throws Error when the planner's list does not show a scene in time
 */
export async function playStory(options: StoryOptions): Promise<string> {
  const { wedding, onShown, pauseMs } = options;
  const planner = new Person('Paul', 'planner', options);
  const crew = {
    ada: new Person('Ada', 'photographer', options),
    vic: new Person('Vic', 'videographer', options),
    cam: new Person('Cam', 'catering', options),
  };
  const everybody = [planner, ...Object.values(crew)];
  try {
    const show = (): void => {
      if (planner.joined === undefined) return;
      const { members, team } = planner.joined;
      onShown({ wedding, members, team });
    };
    const list = await planner.join('watching', show);
    show();
    const scene = async (what: string, shows: () => boolean): Promise<void> => {
      await eventually({ what: `the list shows ${what}`, withinSeconds: SCENE_WITHIN_SECONDS }, async () =>
        shows(),
      );
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    };
    const stateOf = (person: Person) => list.members.get(person.user)?.state;
    for (const person of Object.values(crew)) {
      await person.join('on site');
      await scene(`that ${person.name} came`, () => stateOf(person) === 'present');
    }
    await crew.ada.joined?.update({ status: 'first dance' });
    await scene('what Ada does', () => list.members.get(crew.ada.user)?.status === 'first dance');
    crew.cam.intoTunnel();
    await scene('that Cam is away', () => stateOf(crew.cam) === 'reconnecting');
    crew.cam.outOfTunnel();
    await scene('that Cam is back', () => stateOf(crew.cam) === 'present');
    await crew.vic.joined?.leave();
    await scene('that Vic left', () => stateOf(crew.vic) === undefined);
    return 'three came, one was away and back, one left';
  } finally {
    await Promise.all(everybody.map((person) => person.close()));
  }
}

/** One phone. */
class Person {
  readonly name: string;
  readonly user: string;
  joined: JoinedWedding | undefined;
  readonly #wedding: string;
  readonly #client: PresenceClient;
  #tunnel: PromiseWithResolvers<void> | undefined;

  constructor(name: string, role: Role, { url, secret, wedding }: StoryOptions) {
    this.name = name;
    this.user = name;
    this.#wedding = wedding;
    const token = async (): Promise<string> => {
      await this.#tunnel?.promise;
      return presenceToken(secret, name, role, [wedding]);
    };
    this.#client = new PresenceClient({ url, token });
  }

  async join(status: string, onChange: () => void = () => {}): Promise<JoinedWedding> {
    this.joined = await this.#client.join(
      this.#wedding,
      { status },
      { onSnapshot: onChange, onDiff: onChange, onProvisional: onChange },
    );
    return this.joined;
  }

  /** Loses its connection, and can have no other one. */
  intoTunnel(): void {
    this.#tunnel = Promise.withResolvers();
    this.#client.interrupt();
  }

  outOfTunnel(): void {
    this.#tunnel?.resolve();
    this.#tunnel = undefined;
  }

  close(): Promise<void> {
    this.outOfTunnel();
    return this.#client.close();
  }
}
