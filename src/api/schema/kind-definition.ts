import type { z } from 'zod';
import type { Transition } from './cel-rule.ts';
import type { GROUP, VERSION } from './group.ts';

export interface PrinterColumn {
  name: string;
  type: 'string' | 'integer' | 'date' | 'boolean';
  jsonPath: string;
  description: string;
  /** 1 shows it with `-o wide` only. */
  priority?: number;
}

/** All that a CustomResourceDefinition needs beside the schema. */
export interface KindDefinition {
  group: typeof GROUP;
  version: typeof VERSION;
  kind: string;
  plural: string;
  singular: string;
  shortName: string;
  namespaced: true;
  description: string;
  spec: z.ZodType;
  status?: z.ZodType;
  scale?: { specReplicasPath: string; statusReplicasPath: string; labelSelectorPath: string };
  columns: PrinterColumn[];
  maxNameLength?: number;
  /** Rules between a stored object and its update that need more than spec. */
  transitions?: readonly Transition[];
}

/** A column that shows the status of a condition. */
export const conditionColumn = (name: string, type: string, priority?: number): PrinterColumn => ({
  name,
  type: 'string',
  jsonPath: `.status.conditions[?(@.type=="${type}")].status`,
  description: `Condition ${type}.`,
  ...(priority === undefined ? {} : { priority }),
});

/** A column of text. */
export const textColumn = (
  name: string,
  jsonPath: string,
  description: string,
  priority?: number,
): PrinterColumn => ({
  name,
  type: 'string',
  jsonPath,
  description,
  ...(priority === undefined ? {} : { priority }),
});

export const AGE_COLUMN: PrinterColumn = {
  name: 'Age',
  type: 'date',
  jsonPath: '.metadata.creationTimestamp',
  description: 'Time since creation.',
};
