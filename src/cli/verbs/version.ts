import type { Command } from 'commander';
import type { CliContext, OperatorDeployment } from '../context/context.ts';
import { CliFailure } from '../context/failure.ts';
import { outputFormatOrTemplate, render } from '../output/render.ts';
import { zonesLine } from '../zones/zones-show.ts';
import { clusterTarget, type GlobalOptions } from './options.ts';

/** A version is wanted at once, also while the cluster does not answer. */
const ASK_LIMIT_MS = 5000;

const EXAMPLES = `
Examples:
  kubectl presence version
  kubectl presence version --client -o json`;

interface VersionOptions extends GlobalOptions {
  client?: boolean;
}

/** What the cluster says: its operators, or why they are not known. */
type Answer = { operators: OperatorDeployment[] } | { operatorsUnknown: string };

/** `version`: that of this program, of its time zone data, and of the operators in the cluster when it answers. */
export function addVersion(program: Command, context: CliContext): void {
  program
    .command('version')
    .description(
      'print the version of this program, of its time zone data, and of the operator in the cluster',
    )
    .option('--client', 'ask no cluster')
    .addHelpText('after', EXAMPLES)
    .action(async (_: unknown, command: Command) => {
      const options = command.optsWithGlobals<VersionOptions>();
      const format = outputFormatOrTemplate(options.output, ['text', 'json', 'yaml']);
      const asks = options.client !== true && options.filename === undefined;
      const answer = asks ? await askCluster(context, options) : undefined;
      const { version, commit, tzdb, runtimeTzdb } = context;
      const data = { version, commit, tzdb, runtimeTzdb, ...answer };
      const text = (): string =>
        [`kubectl-presence ${version} (commit ${commit})`, zonesLine(context), ...answerLines(answer)].join(
          '\n',
        );
      context.print(render(context, format, { data, text }));
    });
}

/** A cluster that cannot be asked is part of the answer: the version of this program is known without it. */
async function askCluster(context: CliContext, options: VersionOptions): Promise<Answer> {
  const target = clusterTarget(options);
  const requestTimeoutMs = target.requestTimeoutMs ?? ASK_LIMIT_MS;
  try {
    return { operators: await context.findOperators({ ...target, requestTimeoutMs }) };
  } catch (error) {
    if (error instanceof CliFailure) return { operatorsUnknown: error.message };
    throw error;
  }
}

function answerLines(answer: Answer | undefined): string[] {
  if (answer === undefined) return [];
  if ('operatorsUnknown' in answer) return [`operator: not known: ${answer.operatorsUnknown}`];
  if (answer.operators.length === 0) return ['operator: none found in the cluster'];
  return answer.operators.map(
    ({ namespace, name, version = 'unknown', image, replicas, readyReplicas }) =>
      `operator ${version} (${namespace}/${name}, image ${image}, ${readyReplicas} of ${replicas} pods ready)`,
  );
}
