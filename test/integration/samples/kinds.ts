import {
  CHANGE_FREEZE,
  type KindDefinition,
  PRESENCE_CLUSTER,
  PRESENCE_OPTIMIZATION,
  ROLLOUT_FREEZE,
  ROLLOUT_OVERRIDE,
  WEDDING,
  WEDDING_CALENDAR,
} from '../../../src/api/v1alpha1/kinds.ts';
import { CHANGE_FREEZE_SAMPLES } from './change-freeze.ts';
import { PRESENCE_CLUSTER_SAMPLES } from './presence-cluster.ts';
import { PRESENCE_OPTIMIZATION_SAMPLES } from './presence-optimization.ts';
import { ROLLOUT_FREEZE_SAMPLES } from './rollout-freeze.ts';
import { ROLLOUT_OVERRIDE_SAMPLES } from './rollout-override.ts';
import type { KindSamples } from './values.ts';
import { WEDDING_SAMPLES } from './wedding.ts';
import { WEDDING_CALENDAR_SAMPLES } from './wedding-calendar.ts';

export interface SampledKind {
  kind: KindDefinition;
  samples: KindSamples;
}

/** Every kind with its samples; `crd-rules.test.ts` fails when one is missing, or a field of one. */
export const SAMPLED_KINDS: readonly SampledKind[] = [
  { kind: PRESENCE_CLUSTER, samples: PRESENCE_CLUSTER_SAMPLES },
  { kind: WEDDING, samples: WEDDING_SAMPLES },
  { kind: ROLLOUT_FREEZE, samples: ROLLOUT_FREEZE_SAMPLES },
  { kind: ROLLOUT_OVERRIDE, samples: ROLLOUT_OVERRIDE_SAMPLES },
  { kind: PRESENCE_OPTIMIZATION, samples: PRESENCE_OPTIMIZATION_SAMPLES },
  { kind: WEDDING_CALENDAR, samples: WEDDING_CALENDAR_SAMPLES },
  { kind: CHANGE_FREEZE, samples: CHANGE_FREEZE_SAMPLES },
];
