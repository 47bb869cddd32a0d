import { API_VERSION } from '../schema/group.ts';
import { INT_OR_STRING_MARK } from '../schema/int-or-string.ts';
import {
  CHANGE_FREEZE_CONDITIONS,
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
    ...conditionSection('ChangeFreeze', CHANGE_FREEZE_CONDITIONS),
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

/** Lines of one table, and what they have described so far. */
interface Table {
  readonly rows: string[];
  readonly rules: string[];
  /** Where members were described first, by their schema. */
  readonly described: Map<string, string>;
}

/** Members are described once, unless they are few: affinity alone would be a hundred rows eight times. */
const FEW_CHARACTERS = 1_500;

function fieldTable(root: string, schema: SchemaNode): string[] {
  const table: Table = { rows: [], rules: [], described: new Map() };
  walk(root, schema, false, table);
  const { rows, rules } = table;
  const lines = ['| field | type | default | meaning |', '|---|---|---|---|', ...rows, ''];
  return rules.length ? [...lines, 'Rules:', '', ...rules, ''] : lines;
}

function walk(path: string, node: SchemaNode, required: boolean, table: Table): void {
  const items = node.items as SchemaNode | undefined;
  const inside = items?.properties ? items : node;
  const known = describedBefore(items?.properties ? `${path}[]` : path, inside, table);
  if (path.includes('.')) {
    const more = known === undefined ? '' : ` Fields and rules as in \`${known}\`.`;
    table.rows.push(
      `| \`${path}\`${required ? ' (required)' : ''} | ${typeOf(node)} | ${defaultOf(node)} | ${node.description}${more} |`,
    );
  }
  table.rules.push(...rulesOf(path, inside === node && known !== undefined ? {} : node));
  if (known !== undefined) return;
  walkMembers(items?.properties ? `${path}[]` : path, inside, table);
  if (items?.properties) table.rules.push(...rulesOf(`${path}[]`, items));
}

function describedBefore(path: string, node: SchemaNode, { described }: Table): string | undefined {
  if (node.properties === undefined) return undefined;
  const text = JSON.stringify([node.properties, node.required, node['x-kubernetes-validations']]);
  if (text.length < FEW_CHARACTERS) return undefined;
  const known = described.get(text);
  if (known === undefined) described.set(text, path);
  return known;
}

function walkMembers(path: string, node: SchemaNode, table: Table): void {
  const requiredNames = new Set((node.required as string[] | undefined) ?? []);
  for (const [name, child] of Object.entries(
    (node.properties as Record<string, SchemaNode> | undefined) ?? {},
  ))
    walk(`${path}.${name}`, child, requiredNames.has(name), table);
}

function rulesOf(path: string, node: SchemaNode): string[] {
  const rules = (node['x-kubernetes-validations'] as { message: string }[] | undefined) ?? [];
  return rules.map(({ message }) => `- \`${path}\`: ${message}`);
}

function typeOf(node: SchemaNode): string {
  const options = node.enum as string[] | undefined;
  if (options) return options.join(', ');
  if (INT_OR_STRING_MARK in node) return 'integer or string';
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
