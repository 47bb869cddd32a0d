import { type Actor, type Answer, type PolicyServer, STRATEGIC_PATCH } from './policy-server.ts';
import { apps, CLUSTER, core, PRESENCE_POD } from './wedding-world.ts';

let tries = 0;

/** A new one each time: the second request of one field manager within a second has no stamp of its own. */
export function nextManager(): string {
  tries += 1;
  return `try-${tries}`;
}

/** Asks for another image of the presence pods, on a dry run. */
export function tryImage(server: PolicyServer, actor: Actor): Promise<Answer> {
  const fieldManager = nextManager();
  const containers = [{ name: 'presence', image: `presence:${fieldManager}` }];
  return server.ask(actor, {
    method: 'PATCH',
    path: apps('deployments', `${CLUSTER}-presence`),
    type: STRATEGIC_PATCH,
    dryRun: true,
    fieldManager,
    body: { spec: { template: { spec: { containers } } } },
  });
}

/** Asks for the deletion of a presence pod, on a dry run. */
export function tryDelete(server: PolicyServer, actor: Actor): Promise<Answer> {
  return server.ask(actor, { method: 'DELETE', path: core('pods', PRESENCE_POD), dryRun: true });
}
