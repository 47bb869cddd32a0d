import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import * as z from 'zod';
import { MAX_WEDDINGS_PER_REQUEST } from '../../api/protocol/limits.ts';
import type { SnapshotMessage } from '../../api/protocol/messages.ts';
import { bearerToken, requestUrl } from '../auth/bearer-token.ts';
import type { Identity, VerifyToken } from '../auth/identity.ts';
import type { Rooms } from '../room/rooms.ts';
import { StoreUnavailable, TooManyRemovals } from '../store/store.ts';
import { missingPeople } from '../weddings/missing-people.ts';
import { parseBulkUpdate, patchesOf } from './bulk-update.ts';
import { applyCors } from './cors.ts';
import { eventsOf, membersAt } from './history.ts';
import { parseRemoval } from './removal.ts';
import { readBody, refuse, refuseError, refuseForNow, send } from './rest-answers.ts';

export interface RestDeps {
  readonly rooms: Rooms;
  readonly verify: VerifyToken;
  readonly random: () => number;
  readonly now: () => Date;
  readonly draining: () => boolean;
  /** Origins whose pages may read the answers; empty: any. */
  readonly allowedOrigins: readonly string[];
  /** The client of this socket has shown a good token. */
  readonly authenticated: (socket: Socket) => void;
  /** Whether one more request of this user may be answered now. */
  readonly mayAsk: (user: string) => boolean;
  readonly teamOf: (wedding: string) => SnapshotMessage['team'];
  /** Whether the access of a person to a wedding has been ended for a time. */
  readonly isRemoved: (identity: Identity, wedding: string) => boolean;
}

type Handler = (call: Call) => Promise<void>;

interface Call {
  readonly deps: RestDeps;
  readonly identity: Identity;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly query: URLSearchParams;
}

/** What each path answers, by method. A wedding in the path is checked before its handler is called. */
const WEDDING_HANDLERS: Readonly<
  Record<string, Readonly<Record<string, (call: Call, wedding: string) => Promise<void>>>>
> = {
  presence: { GET: getPresence, POST: postPresence },
  history: { GET: getHistory },
  removals: { POST: postRemoval },
};
const WEDDING_PATH = /^\/v1\/weddings\/([^/]+)\/(presence|history|removals)$/;
const MANY_PATH = '/v1/presence';
const existingTime = z.iso.datetime({ offset: true });
/** With an offset: without one it would be a time of the zone that the server happens to run in. */
const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/i;

/** The REST side of the server; docs/protocol.md lists it. Every error is JSON with a code. */
export function createRestHandler(
  deps: RestDeps,
): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    answer(deps, request, response).catch(() => refuse(response, 500, 'internal', 'the server failed'));
  };
}

async function answer(deps: RestDeps, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = requestUrl(request);
  const [, name = '', what = ''] = WEDDING_PATH.exec(url.pathname) ?? [];
  const handlers =
    url.pathname === MANY_PATH ? { GET: getMany } : name === '' ? undefined : handlersOf(name, what);
  if (handlers === undefined) return refuse(response, 404, 'not_found', 'there is nothing here');
  const cors = applyCors(request, response, deps.allowedOrigins, Object.keys(handlers));
  if (cors === 'refused')
    return refuse(response, 403, 'origin_refused', 'the Origin of the page is not allowed');
  if (cors === 'preflight') {
    response.writeHead(204).end();
    return;
  }
  const handler = handlers[request.method ?? ''];
  if (handler === undefined) {
    const allowed = Object.keys(handlers).join(', ');
    response.setHeader('allow', allowed);
    return refuse(response, 405, 'method_not_allowed', `only ${allowed}`);
  }
  if (deps.draining()) response.setHeader('connection', 'close');
  try {
    const identity = await deps.verify(bearerToken(request));
    deps.authenticated(request.socket);
    if (!deps.mayAsk(identity.user))
      return refuseForNow(response, 429, 'rate_limited', 'too many requests', deps.random);
    await handler({ deps, identity, request, response, query: url.searchParams });
  } catch (error) {
    refuseError(response, error, deps.random);
  }
}

function handlersOf(name: string, what: string): Readonly<Record<string, Handler>> {
  const wedding = decode(name);
  return Object.fromEntries(
    Object.entries(WEDDING_HANDLERS[what] ?? {}).map(([method, handle]) => [
      method,
      async (call: Call) => {
        const { deps, identity, response } = call;
        if (wedding === undefined || !identity.weddings.includes(wedding))
          refuse(response, 404, 'unknown_wedding', 'the token does not name this wedding');
        else if (deps.isRemoved(identity, wedding))
          refuse(response, 403, 'removed', 'access to this wedding has been ended for some time');
        else await handle(call, wedding);
      },
    ]),
  );
}

async function presenceOf(deps: RestDeps, wedding: string): Promise<object> {
  const { epoch, seq, members, staleMs, provisional } = await deps.rooms.read(wedding);
  const team = deps.teamOf(wedding);
  return {
    wedding,
    epoch,
    seq,
    members,
    ...(staleMs === undefined ? {} : { staleMs: Math.round(staleMs) }),
    ...(provisional === undefined ? {} : { provisional }),
    ...(team === undefined ? {} : { team, missing: missingPeople(team, members) }),
  };
}

async function getPresence({ deps, response }: Call, wedding: string): Promise<void> {
  send(response, 200, await presenceOf(deps, wedding));
}

/** One wedding that cannot be read does not take the others with it. */
async function getMany({ deps, identity, response, query }: Call): Promise<void> {
  const names = [...new Set(query.getAll('wedding'))];
  if (names.length === 0 || names.length > MAX_WEDDINGS_PER_REQUEST) {
    return refuse(response, 400, 'invalid_request', `wedding: give 1 to ${MAX_WEDDINGS_PER_REQUEST} of them`);
  }
  const weddings = await Promise.all(
    names.map(async (wedding) => {
      if (!identity.weddings.includes(wedding)) return { wedding, code: 'unknown_wedding' };
      if (deps.isRemoved(identity, wedding)) return { wedding, code: 'removed' };
      try {
        return await presenceOf(deps, wedding);
      } catch (error) {
        if (!(error instanceof StoreUnavailable)) throw error;
        return { wedding, code: 'unavailable' };
      }
    }),
  );
  send(response, 200, { weddings });
}

/** A planner sets status and data of people of the team, on all of their devices. */
async function postPresence({ deps, identity, request, response }: Call, wedding: string): Promise<void> {
  if (identity.role !== 'planner') {
    return refuse(response, 403, 'forbidden', 'only a planner may set the presence of others');
  }
  const body = await readBody(request);
  if (body === undefined) return refuse(response, 413, 'body_too_large', 'the body is too large');
  const parsed = parseBulkUpdate(body);
  if (parsed.kind === 'refused') return refuse(response, 400, 'invalid_request', parsed.message);
  const entries = await deps.rooms.entries(wedding);
  const patches = patchesOf(entries, parsed.update);
  const { epoch, seq, changed } = await deps.rooms.patch(wedding, patches);
  const updated = new Set(changed.flatMap((connection) => entries.get(connection)?.user ?? []));
  const users = parsed.update.updates.map(({ user }) => user);
  send(response, 200, {
    wedding,
    epoch,
    seq,
    updated: [...updated],
    notUpdated: users.filter((user) => !updated.has(user)),
  });
}

/** A planner ends the presence of a person on all devices, until a time. */
async function postRemoval({ deps, identity, request, response }: Call, wedding: string): Promise<void> {
  if (identity.role !== 'planner') {
    return refuse(response, 403, 'forbidden', 'only a planner may remove people');
  }
  const body = await readBody(request);
  if (body === undefined) return refuse(response, 413, 'body_too_large', 'the body is too large');
  const parsed = parseRemoval(body, deps.now());
  if (parsed.kind === 'refused') return refuse(response, 400, 'invalid_request', parsed.message);
  const { user, until } = parsed.removal;
  try {
    const { epoch, seq, ended } = await deps.rooms.expel(wedding, user, until);
    send(response, 200, { wedding, epoch, seq, user, until: until.getTime(), ended });
  } catch (error) {
    if (!(error instanceof TooManyRemovals)) throw error;
    refuse(response, 400, 'invalid_request', error.message);
  }
}

async function getHistory({ deps, response, query }: Call, wedding: string): Promise<void> {
  const at = instantOf(query, 'at');
  const from = instantOf(query, 'from');
  const until = instantOf(query, 'until');
  if (Number.isNaN(at) || Number.isNaN(from) || Number.isNaN(until)) {
    return refuse(response, 400, 'invalid_request', 'at, from and until are RFC 3339 times');
  }
  const history = await deps.rooms.history(wedding);
  const since = history[0]?.at;
  const known = { wedding, ...(since === undefined ? {} : { since }) };
  if (at !== undefined) return send(response, 200, { ...known, at, members: membersAt(history, at) });
  const events = eventsOf(history).filter(
    (event) =>
      event.at >= (from ?? Number.NEGATIVE_INFINITY) && event.at < (until ?? Number.POSITIVE_INFINITY),
  );
  send(response, 200, { ...known, events });
}

/** Milliseconds; NaN for what is no time, undefined for what is not given. */
function instantOf(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  // Date.parse alone takes 30 February for 2 March, and 24:00 for the next day.
  const exists = RFC_3339.test(text) && existingTime.safeParse(text.toUpperCase()).success;
  return exists ? Date.parse(text) : Number.NaN;
}

function decode(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}
