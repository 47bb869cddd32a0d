import type { ClusterState } from '../../api/dashboard/fleet.ts';

const WORDS: Readonly<Record<ClusterState, string>> = {
  Ready: 'Ready',
  Attention: 'Attention',
  NotReady: 'Not ready',
  Unknown: 'Unknown',
  Broken: 'Broken',
};

const SIGNS: Readonly<Record<ClusterState, string>> = {
  Ready: '●',
  Attention: '▲',
  NotReady: '■',
  Unknown: '○',
  Broken: '✕',
};

/** The state as a sign of its own form and a word, so that no colour is needed to read it. */
export function StateMark({ state }: { state: ClusterState }) {
  return (
    <span className={`state state-${state}`}>
      <span aria-hidden="true">{SIGNS[state]} </span>
      {WORDS[state]}
    </span>
  );
}
