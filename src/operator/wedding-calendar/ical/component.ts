import ICAL from 'ical.js';
import { UnusableEvent } from '../../../domain/feed/feed-event.ts';

/** A property as jCal (RFC 7265) has it: name, parameters, type, values. */
export interface Property {
  name: string;
  parameters: Record<string, string | string[] | undefined>;
  type: string;
  values: readonly unknown[];
}

export interface Component {
  name: string;
  properties: readonly Property[];
  components: readonly Component[];
}

type JCal = [string, [string, Property['parameters'], string, ...unknown[]][], JCal[]];

/**
 * Reads the text of one component.
 *
 * @throws {UnusableEvent} InvalidSyntax
 */
export function parseComponent(text: string): Component {
  try {
    return fromJCal(ICAL.parse(text) as JCal);
  } catch (error) {
    throw new UnusableEvent('InvalidSyntax', error instanceof Error ? error.message : String(error));
  }
}

export function property(component: Component, name: string): Property | undefined {
  return component.properties.find((each) => each.name === name);
}

export function properties(component: Component, name: string): Property[] {
  return component.properties.filter((each) => each.name === name);
}

/** The first value of a property as text. */
export function textOf(component: Component, name: string): string | undefined {
  const value = property(component, name)?.values[0];
  return typeof value === 'string' || typeof value === 'number' ? `${value}`.trim() : undefined;
}

function fromJCal([name, given, inner]: JCal): Component {
  return {
    name,
    properties: given.map(([key, parameters, type, ...values]) => ({ name: key, parameters, type, values })),
    components: inner.map(fromJCal),
  };
}
