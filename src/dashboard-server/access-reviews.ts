import { createHash } from 'node:crypto';
import { GROUP } from '../api/schema/group.ts';
import { Refusal } from '../dashboard-feed/refusal.ts';
import { EVERYTHING, type Sight } from '../dashboard-feed/viewer.ts';
import type { KubeClient } from '../platform/kube/client.ts';
import { apiVersionOf, type KubeObject } from '../platform/kube/resource.ts';
import type { Clock } from '../platform/runtime/clock.ts';
import { ExpiringCache } from './expiring-cache.ts';
import { JoinedRequests } from './joined-requests.ts';
import type { RefusalReport } from './refusal-report.ts';
import { ACCESS_REVIEW, REVIEWER, type User } from './reviews.ts';

/** A right that was taken away is without effect here for at most this long. */
export const ACCESS_KEPT_MS = 60_000;
/** A user without any right is asked for again after this time: an admin may be about to grant it. */
const NOTHING_KEPT_MS = 10_000;
const MOST_USERS = 2000;
/** Of the answers that are remembered. One that names a thousand namespaces takes some 100 kB. */
const MOST_BYTES = 8 * 1024 * 1024;
/** A key, and what a map keeps beside it. */
const ENTRY_BYTES = 200;
/** Requests that wait at once for what their viewers may see: as many as there are places for views. */
const MOST_WAITING = 500;
/** Reviews that are on their way at once, of all viewers. */
const SLOTS = 16;
/** Of these, for one viewer: one that may see some of a thousand namespaces must not hold up the others. */
const SLOTS_PER_VIEWER = 4;

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
  report: Pick<RefusalReport, 'reviewFailed'>;
  /** Namespaces that there is something to show of. */
  namespaces: () => Iterable<string>;
}

/** Of a user without any right. */
const NOTHING: Sight = { key: '', sees: () => false };
/** A namespace is a string in a set and in its list; a string of ASCII has one byte per character. */
const BYTES_PER_CHARACTER = 4;

/** All of the user decides: an authorizer may look at groups, uid and extra as well as at the name. */
function keyOf({ username, uid, groups, extra }: User): string {
  return digest(JSON.stringify([username, uid, groups, extra]));
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}

/** Asks the API server which namespaces a user may see, and remembers the answer for a minute. */
export class AccessReviews {
  readonly #options: AccessOptions;
  readonly #sights: ExpiringCache<Sight>;
  readonly #blind: ExpiringCache<Sight>;
  readonly #running = new JoinedRequests<Sight>(MOST_WAITING);
  readonly #waiting: (() => void)[] = [];
  #free = SLOTS;

  constructor(options: AccessOptions) {
    this.#options = options;
    const bounds = { clock: options.clock, mostEntries: MOST_USERS, mostBytes: MOST_BYTES };
    this.#sights = new ExpiringCache({ ...bounds, keepMs: ACCESS_KEPT_MS });
    this.#blind = new ExpiringCache({ ...bounds, keepMs: NOTHING_KEPT_MS });
  }

  /** @throws {Refusal} 403 when the user may see none, 503 when that cannot be found out now */
  async sightOf(user: User): Promise<Sight> {
    const key = keyOf(user);
    const known = this.#sights.get(key) ?? this.#blind.get(key);
    const sight = known ?? (await this.#running.run(key, () => this.#lookAndKeep(key, user)));
    if (sight.key !== '') return sight;
    const what = SHOWN.map(([, plural]) => plural).join(', ');
    throw new Refusal(
      403,
      `${user.username} may not list ${what} in any namespace with a PresenceCluster. The role view allows it: have an admin run "kubectl create rolebinding NAME --clusterrole=view --user=USER -n NAMESPACE", and try again ten seconds later.`,
    );
  }

  async #lookAndKeep(key: string, user: User): Promise<Sight> {
    if (await this.#mayList(user, undefined)) {
      this.#sights.set(key, EVERYTHING, ENTRY_BYTES);
      return EVERYTHING;
    }
    const seen = await this.#seenBy(user);
    if (seen.size === 0) {
      this.#blind.set(key, NOTHING, ENTRY_BYTES);
      return NOTHING;
    }
    const names = [...seen].sort().join(' ');
    const sight = { key: digest(names), sees: (namespace: string) => seen.has(namespace) };
    this.#sights.set(key, sight, ENTRY_BYTES + BYTES_PER_CHARACTER * names.length);
    return sight;
  }

  /** The namespaces that a user may see, some at a time. */
  async #seenBy(user: User): Promise<Set<string>> {
    const left = [...this.#options.namespaces()];
    const seen = new Set<string>();
    const ask = async (): Promise<void> => {
      for (let namespace = left.pop(); namespace !== undefined; namespace = left.pop())
        if (await this.#mayList(user, namespace)) seen.add(namespace);
    };
    try {
      await Promise.all(Array.from({ length: SLOTS_PER_VIEWER }, ask));
    } finally {
      // After a failure nothing more is asked.
      left.length = 0;
    }
    return seen;
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
      this.#options.report.reviewFailed('SubjectAccessReview', why);
      throw new Refusal(
        503,
        `The Kubernetes API server cannot be asked for your rights: ${why}. The page asks again by itself; if it stays, look into the log of the dashboard.`,
      );
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
