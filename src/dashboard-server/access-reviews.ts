import { GROUP } from '../api/schema/group.ts';
import { Refusal } from '../dashboard-feed/refusal.ts';
import { EVERYTHING, type Sight } from '../dashboard-feed/viewer.ts';
import type { KubeClient } from '../platform/kube/client.ts';
import { apiVersionOf, type KubeObject } from '../platform/kube/resource.ts';
import type { Clock } from '../platform/runtime/clock.ts';
import { ExpiringCache, Joined } from './expiring-cache.ts';
import { ACCESS_REVIEW, REVIEWER, type User } from './reviews.ts';

/** A right that was taken away is without effect here for at most this long. */
export const ACCESS_KEPT_MS = 60_000;
/** A user without any right is asked for again after this time: an admin may be about to grant it. */
const NOTHING_KEPT_MS = 10_000;
const MOST_USERS = 2000;
/** Reviews that are on their way at once, of all viewers. */
const SLOTS = 16;

/** What the page is made of: a viewer sees a namespace when it may list all of this there. The built-in role view has it. */
const SHOWN = [
  [GROUP, 'presenceclusters'],
  [GROUP, 'weddings'],
  [GROUP, 'rolloutfreezes'],
  [GROUP, 'rolloutoverrides'],
  ['', 'pods'],
  ['events.k8s.io', 'events'],
] as const;

interface AccessReview extends KubeObject {
  spec: User & { user: string; resourceAttributes: Record<string, string> };
  status?: { allowed?: boolean };
}

export interface AccessOptions {
  client: Pick<KubeClient, 'create'>;
  clock: Clock;
  /** Namespaces that there is something to show of. */
  namespaces: () => Iterable<string>;
}

/** Asks the API server which namespaces a user may see, and remembers the answer for a minute. */
export class AccessReviews {
  readonly #options: AccessOptions;
  readonly #sights: ExpiringCache<Sight>;
  readonly #blind: ExpiringCache<Sight>;
  readonly #running = new Joined<Sight>();
  readonly #waiting: (() => void)[] = [];
  #free = SLOTS;

  constructor(options: AccessOptions) {
    this.#options = options;
    this.#sights = new ExpiringCache(options.clock, ACCESS_KEPT_MS, MOST_USERS);
    this.#blind = new ExpiringCache(options.clock, NOTHING_KEPT_MS, MOST_USERS);
  }

  /** @throws {Refusal} 403 when the user may see none, 503 when that cannot be found out now */
  async sightOf(user: User): Promise<Sight> {
    const key = JSON.stringify([user.username, user.uid, user.groups, user.extra]);
    const known = this.#sights.get(key) ?? this.#blind.get(key);
    const sight = known ?? (await this.#running.run(key, () => this.#look(user)));
    if (known === undefined) (sight.key === '' ? this.#blind : this.#sights).set(key, sight);
    if (sight.key !== '') return sight;
    const what = SHOWN.map(([, plural]) => plural).join(', ');
    throw new Refusal(
      403,
      `${user.username} may not list ${what} in any namespace with a PresenceCluster. The role view allows it.`,
    );
  }

  async #look(user: User): Promise<Sight> {
    if (await this.#mayList(user, undefined)) return EVERYTHING;
    const asked = [...this.#options.namespaces()].map(async (namespace) =>
      (await this.#mayList(user, namespace)) ? [namespace] : [],
    );
    const seen = new Set((await Promise.all(asked)).flat());
    return { key: [...seen].sort().join(' '), sees: (namespace) => seen.has(namespace) };
  }

  /** All kinds; the first refusal is enough. */
  async #mayList(user: User, namespace: string | undefined): Promise<boolean> {
    for (const [group, resource] of SHOWN) {
      const attributes: Record<string, string> = { verb: 'list', group, resource };
      if (namespace !== undefined) attributes.namespace = namespace;
      if (!(await this.#isAllowed(user, attributes))) return false;
    }
    return true;
  }

  async #isAllowed(
    { username, ...rest }: User,
    resourceAttributes: Record<string, string>,
  ): Promise<boolean> {
    const spec = { ...rest, user: username, resourceAttributes } as AccessReview['spec'];
    const { kind } = ACCESS_REVIEW;
    const review: AccessReview = {
      apiVersion: apiVersionOf(ACCESS_REVIEW),
      kind,
      metadata: { name: '' },
      spec,
    };
    await this.#takeSlot();
    try {
      const { status } = await this.#options.client.create(review, REVIEWER);
      return status?.allowed === true;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new Refusal(503, `the Kubernetes API server cannot be asked for your rights: ${why}`);
    } finally {
      this.#giveSlot();
    }
  }

  async #takeSlot(): Promise<void> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((taken) => this.#waiting.push(taken));
  }

  #giveSlot(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free += 1;
    else next();
  }
}
