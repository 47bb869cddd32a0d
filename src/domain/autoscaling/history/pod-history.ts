import type { HistoryStep, LoadHistory } from './load-history.ts';

const UNKNOWN = '?';

/**
 * The pods of a history as text, a run of equal numbers each: `4x100 4.5x1 ?x12`. They change a few times a day, so four
 * weeks take some kilobytes.
 */
export function encodePods({ steps }: LoadHistory): string {
  const runs: { pods: string; length: number }[] = [];
  for (const step of steps) {
    const pods = step.pods === undefined ? UNKNOWN : String(Math.round(step.pods * 100) / 100);
    const last = runs.at(-1);
    if (last?.pods === pods) last.length += 1;
    else runs.push({ pods, length: 1 });
  }
  return runs.map(({ pods, length }) => `${pods}x${length}`).join(' ');
}

/** The history with the pods of a text; without them when the text is not of as many steps. */
export function withPods(history: LoadHistory, text: string): LoadHistory {
  const steps: HistoryStep[] = [];
  for (const [, pods, length] of text.matchAll(/(?<=^| )(\?|\d{1,6}(?:\.\d{1,2})?)x(\d{1,4})(?: |$)/g)) {
    for (let left = Number(length); left > 0; left -= 1) {
      const step = history.steps[steps.length];
      if (step === undefined) return history;
      steps.push(pods === UNKNOWN ? step : { ...step, pods: Number(pods) });
    }
  }
  return steps.length === history.steps.length ? { ...history, steps } : history;
}
