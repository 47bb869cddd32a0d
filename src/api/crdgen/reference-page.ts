import { API_VERSION } from '../schema/group.ts';
import {
  PRESENCE_CLUSTER_CONDITIONS,
  PRESENCE_OPTIMIZATION_CONDITIONS,
  ROLLOUT_OVERRIDE_CONDITIONS,
  WEDDING_CALENDAR_CONDITIONS,
  WEDDING_CONDITIONS,
} from '../v1alpha1/conditions.ts';
import { FEED_PROBLEMS } from '../v1alpha1/feed-problems.ts';
import type { KindDefinition } from '../v1alpha1/kinds.ts';
import { type SchemaNode, toStructural } from './structural.ts';

type ConditionCatalogue = Record<string, { meaning: string; reasons: Record<string, string> }>;

/** docs/reference/api.md: every field of every kind, then every condition with its reasons. */
export function referencePage(kinds: KindDefinition[]): string {
  return [
    '# API reference',
    '',
    `Group and version: \`${API_VERSION}\`. Generated from the schemas in \`src/api/v1alpha1\` by \`make generate\`; \`kubectl explain\` prints the same texts.`,
    '',
    ...kinds.flatMap(kindSection),
    '## Conditions',
    '',
    ...conditionSection('PresenceCluster', PRESENCE_CLUSTER_CONDITIONS),
    ...conditionSection('Wedding', WEDDING_CONDITIONS),
    ...conditionSection('RolloutOverride', ROLLOUT_OVERRIDE_CONDITIONS),
    ...conditionSection('PresenceOptimization', PRESENCE_OPTIMIZATION_CONDITIONS),
    ...conditionSection('WeddingCalendar', WEDDING_CALENDAR_CONDITIONS),
    '**status.skipped**: Why an event of a feed is passed over.',
    '',
    ...Object.entries(FEED_PROBLEMS).map(([reason, text]) => `- \`${reason}\`: ${text}`),
  ].join('\n');
}

function kindSection(kind: KindDefinition): string[] {
  const lines = [`## ${kind.kind}`, '', kind.description, '', `Short name \`${kind.shortName}\`.`, ''];
  lines.push(...fieldTable('spec', toStructural(kind.spec)));
  if (kind.transitions?.length) {
    lines.push('Rules of updates:', '', ...kind.transitions.map(({ message }) => `- ${message}`), '');
  }
  if (kind.status) lines.push(...fieldTable('status', toStructural(kind.status)));
  return lines;
}

function fieldTable(root: string, schema: SchemaNode): string[] {
  const rows: string[] = [];
  const rules: string[] = [];
  walk(root, schema, false, rows, rules);
  const table = ['| field | type | default | meaning |', '|---|---|---|---|', ...rows, ''];
  return rules.length ? [...table, 'Rules:', '', ...rules, ''] : table;
}

function walk(path: string, node: SchemaNode, required: boolean, rows: string[], rules: string[]): void {
  if (path.includes('.')) {
    rows.push(
      `| \`${path}\`${required ? ' (required)' : ''} | ${typeOf(node)} | ${defaultOf(node)} | ${node.description} |`,
    );
  }
  for (const rule of (node['x-kubernetes-validations'] as { message: string }[] | undefined) ?? []) {
    rules.push(`- \`${path}\`: ${rule.message}`);
  }
  const requiredNames = new Set((node.required as string[] | undefined) ?? []);
  for (const [name, child] of Object.entries(
    (node.properties as Record<string, SchemaNode> | undefined) ?? {},
  )) {
    walk(`${path}.${name}`, child, requiredNames.has(name), rows, rules);
  }
  const items = node.items as SchemaNode | undefined;
  if (items?.properties) walkItems(path, items, rows, rules);
}

function walkItems(path: string, items: SchemaNode, rows: string[], rules: string[]): void {
  const requiredNames = new Set((items.required as string[] | undefined) ?? []);
  for (const [name, child] of Object.entries(items.properties as Record<string, SchemaNode>)) {
    walk(`${path}[].${name}`, child, requiredNames.has(name), rows, rules);
  }
  for (const rule of (items['x-kubernetes-validations'] as { message: string }[] | undefined) ?? []) {
    rules.push(`- \`${path}[]\`: ${rule.message}`);
  }
}

function typeOf(node: SchemaNode): string {
  const options = node.enum as string[] | undefined;
  if (options) return options.join(', ');
  if (node.type === undefined) return 'boolean or object';
  if (node.type === 'array') return `list of ${(node.items as SchemaNode).type}`;
  if (node.type === 'object' && node.additionalProperties) return 'map';
  return `${node.type}${bounds(node)}`;
}

function bounds(node: SchemaNode): string {
  const low = node.minimum === undefined ? '' : `${node.exclusiveMinimum ? 'above' : 'from'} ${node.minimum}`;
  const high = node.maximum === undefined ? '' : `to ${node.maximum}`;
  return low || high ? `, ${[low, high].filter(Boolean).join(' ')}` : '';
}

function defaultOf(node: SchemaNode): string {
  return node.default === undefined ? '' : `\`${JSON.stringify(node.default)}\``;
}

function conditionSection(kind: string, catalogue: ConditionCatalogue): string[] {
  const rows = Object.entries(catalogue).flatMap(([type, { meaning, reasons }]) => [
    `**${type}**: ${meaning}`,
    '',
    ...Object.entries(reasons).map(([reason, text]) => `- \`${reason}\`: ${text}`),
    '',
  ]);
  return [`### ${kind}`, '', ...rows];
}
