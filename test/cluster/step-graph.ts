/** A piece of work and the names of those that must be done before it. Pure data for the planner below. */
export interface Planned {
  readonly name: string;
  readonly needs: readonly string[];
}

/** Throws when a step needs one that is not there, or when steps wait for each other in a ring. */
export function checkSteps(steps: readonly Planned[]): void {
  const names = new Set(steps.map((step) => step.name));
  if (names.size !== steps.length) throw new Error('two steps have the same name');
  for (const step of steps) {
    const unknown = step.needs.find((need) => !names.has(need));
    if (unknown !== undefined) throw new Error(`step ${step.name} needs ${unknown}, which is no step`);
  }
  const done = new Set<string>();
  for (;;) {
    const next = nextSteps(steps, { done, running: new Set(), limit: steps.length });
    if (next.length === 0) break;
    for (const step of next) done.add(step.name);
  }
  const stuck = steps.filter((step) => !done.has(step.name)).map((step) => step.name);
  if (stuck.length > 0) throw new Error(`steps wait for each other: ${stuck.join(', ')}`);
}

export interface Progress {
  readonly done: ReadonlySet<string>;
  readonly running: ReadonlySet<string>;
  /** How many may run at once. */
  readonly limit: number;
}

/** The steps to start now, in the order in which they are listed: put the longest first. */
export function nextSteps<S extends Planned>(steps: readonly S[], progress: Progress): S[] {
  const room = Math.max(0, progress.limit - progress.running.size);
  return steps
    .filter((step) => !progress.done.has(step.name) && !progress.running.has(step.name))
    .filter((step) => step.needs.every((need) => progress.done.has(need)))
    .slice(0, room);
}
