import { toGrafana } from './dashboard.ts';
import { EVENING } from './evening.ts';
import { FLEET } from './fleet.ts';
import { OBJECTIVES } from './objectives.ts';
import { OPERATOR } from './operator.ts';
import { REDIS } from './redis.ts';

export const DASHBOARDS = [FLEET, EVENING, REDIS, OPERATOR, OBJECTIVES];

/** Every dashboard as JSON that Grafana imports, by file name. */
export function dashboardFiles(): Map<string, string> {
  return new Map(
    DASHBOARDS.map((dashboard) => [
      `${dashboard.uid}.json`,
      `${JSON.stringify(toGrafana(dashboard), null, 2)}\n`,
    ]),
  );
}
