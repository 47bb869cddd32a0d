/** Which view of which PresenceCluster. It is in the fragment, so that the server sees nothing of it. */
export type Route =
  | { view: 'fleet' }
  | { view: 'cluster' | 'calendar' | 'what-if'; namespace: string; name: string }
  | { view: 'wedding'; namespace: string; name: string; wedding: string };

const WEDDINGS = 'weddings';
const VIEWS = ['cluster', 'calendar', 'what-if'] as const;

/** The route of a fragment, `#/weddings/wedsync/calendar`; any other text leads to the board of all. */
export function routeOf(fragment: string): Route {
  const [start, namespace, name, view = 'cluster', wedding] = fragment.split('/').map(decoded);
  if (start === '#' && namespace && name && view === WEDDINGS && wedding)
    return { view: 'wedding', namespace, name, wedding };
  const known = VIEWS.find((each) => each === view);
  if (start !== '#' || !namespace || !name || known === undefined) return { view: 'fleet' };
  return { view: known, namespace, name };
}

export function fragmentOf(route: Route): string {
  if (route.view === 'fleet') return '#/';
  const base = `#/${encodeURIComponent(route.namespace)}/${encodeURIComponent(route.name)}`;
  if (route.view === 'wedding') return `${base}/${WEDDINGS}/${encodeURIComponent(route.wedding)}`;
  return route.view === 'cluster' ? base : `${base}/${route.view}`;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return '';
  }
}

/** The token of `#token=…`, as `kubectl presence dashboard` prints it. */
export function tokenOf(fragment: string): string | undefined {
  return /^#token=([0-9a-f]{32})$/.exec(fragment)?.[1];
}
