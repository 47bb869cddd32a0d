import { beforeAll, expect, it } from 'vitest';
import { countRequests, type RequestCounts } from '../../bench/operator/count-requests.ts';
import { repository } from '../../cluster/paths.ts';
import { countByKind } from '../request-log.ts';

/**
 * Objects, Secrets, the number of pods, and what is read of them: 27 requests where nothing is in the way. On a slow machine Secrets are
 * read again every 30 s, and a cache that lags for longer than two seconds has an object applied again.
 */
const MOST_OBJECT_REQUESTS = 45;
/** One per step of the Redis Cluster and one per condition that becomes well; 6 to 9. */
const MOST_EVENTS = 16;
/** One per second, and some that do not wait. */
const MOST_STATUS_WRITES_AT_ONCE = 8;

let counts: RequestCounts;

beforeAll(async () => {
  counts = await countRequests({ root: repository, network: '127.71', restSeconds: 0 });
}, 600_000);

/** Requests whose resource begins so. */
const requestsOf = (resource: string) =>
  counts.requests.filter((request) => request.resource.startsWith(resource));

it('makes a PresenceCluster Ready with few requests for objects', () => {
  const others = counts.requests.filter(
    ({ resource }) => resource !== 'presenceclusters/status' && resource !== 'events',
  );
  expect(others.length, JSON.stringify([...countByKind(others)])).toBeLessThanOrEqual(MOST_OBJECT_REQUESTS);
});

it('creates its objects without a look at each before', () => {
  const reads = counts.requests.filter(({ verb, name = '' }) => verb === 'get' && name !== '');
  const kinds = ['statefulsets', 'deployments', 'services', 'serviceaccounts', 'poddisruptionbudgets'];
  expect(reads.filter(({ resource }) => kinds.includes(resource))).toEqual([]);
  expect(requestsOf('statefulsets').filter(({ code }) => code === 201)).toHaveLength(3);
});

it('writes the status once per second at most, but for what may not wait', () => {
  const seconds = (counts.requests.at(-1)?.atMs ?? 0) - (counts.requests[0]?.atMs ?? 0);
  expect(requestsOf('presenceclusters/status').length).toBeLessThanOrEqual(
    MOST_STATUS_WRITES_AT_ONCE + Math.ceil(seconds / 1_000),
  );
});

it('tells few events', () => {
  expect(requestsOf('events').length).toBeLessThanOrEqual(MOST_EVENTS);
});
