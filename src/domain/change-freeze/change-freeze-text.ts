import type { ChangeFreezeSpec, CustomResource, WorkloadKind } from '../../api/v1alpha1/change-freeze.ts';
import type { FreezeWindow, OpenOverride } from '../../api/v1alpha1/rollout-freeze.ts';
import { formatWallClock } from '../calendar/instant.ts';
import { type FreezeAnnotations, freezeAnnotations } from '../freeze/clock/freeze-annotations.ts';
import { type Requirement, requirementsOf } from './label-selector.ts';

/** Windows whose local start is written: the day before a window has few others before it. */
const TOLD_WINDOWS = 3;

const RESOURCES: Record<WorkloadKind, string> = {
  Deployment: 'deployments.apps',
  StatefulSet: 'statefulsets.apps',
  DaemonSet: 'daemonsets.apps',
  Job: 'jobs.batch',
  CronJob: 'cronjobs.batch',
};

/** `RESOURCE.GROUP`, as the policies make it of a request. */
export function resourceName({ group, resource }: CustomResource): string {
  return `${resource}.${group}`;
}

/** Everything that a ChangeFreeze freezes, as {@link resourceName} writes it. */
export function frozenResources({ kinds, customResources }: ChangeFreezeSpec): string[] {
  return [...kinds.map((kind) => RESOURCES[kind]), ...customResources.map(resourceName)];
}

/**
 * A ChangeFreeze as the admission policies read it from annotations of the Namespace. They compare it as text
 * (`presence-operator.isOn` and `presence-operator.selects` in the chart), so that nothing in it can make them fail:
 *
 * ```
 * seen=2027-06-05T08:00:00Z floor=0
 * kinds=,deployments.apps,clusters.postgresql.cnpg.io,
 * In team =payments =billing
 * DoesNotExist canary
 * local 2027-06-05T08:00:00Z 2027-06-05 09:00 Europe/London
 * 2027-06-05T08:00:00Z/2027-06-06T02:00:00Z weekend: the office is closed
 * ```
 *
 * The first line and the windows are those of a PresenceCluster. The lines between have what is frozen, and the start of the next windows
 * in the zone of the ChangeFreeze, for warnings.
 *
 * @param windows in order, as a RolloutFreeze has them
 */
export function changeFreezeText(
  spec: ChangeFreezeSpec,
  windows: FreezeWindow[],
  overrides: OpenOverride[],
  now: Date,
): FreezeAnnotations {
  const written = freezeAnnotations({ windows, overrides, floor: 0, phase: 'Open' }, now);
  const [head = '', ...windowLines] = written.windows.split('\n');
  const lines = [
    head,
    `kinds=,${frozenResources(spec).join(',')},`,
    ...requirementsOf(spec.selector).map(requirementLine),
    ...windows.slice(0, TOLD_WINDOWS).flatMap(({ from }) => localLine(spec.timeZone, from)),
    ...windowLines,
  ];
  return { windows: lines.join('\n'), overrides: written.overrides };
}

function localLine(timeZone: string, from: string): string[] {
  return timeZone === 'UTC' ? [] : [`local ${from} ${formatWallClock(timeZone, new Date(from))} ${timeZone}`];
}

function requirementLine({ key, operator, values }: Requirement): string {
  return [operator, key, ...values.map((value) => `=${value}`)].join(' ');
}
