import * as z from 'zod';
import { commonAnnotations, ownLabels } from './labels.ts';

/** `spec.commonMetadata`, as Flux calls it: what a platform wants on everything, for example whom it is billed to. */
export const commonMetadata = z.object({
  labels: ownLabels.optional().describe('Labels; those of the operator and of a single field win.'),
  annotations: commonAnnotations.optional().describe('Annotations; those of a single field win.'),
});

export type CommonMetadata = z.output<typeof commonMetadata>;
