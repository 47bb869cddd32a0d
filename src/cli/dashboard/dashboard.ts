import type { Command } from 'commander';
import type { CliContext, DashboardRequest } from '../context/context.ts';
import { WrongUse } from '../context/failure.ts';
import { clusterTarget, type GlobalOptions } from '../verbs/options.ts';

/** Where the chart puts the operator, in its documented install line. */
const OPERATOR_NAMESPACE = 'presence-system';

const EXAMPLES = `
Examples:
  kubectl presence dashboard -A
  kubectl presence dashboard -n weddings --port 8088 --no-open
  kubectl presence dashboard --in-cluster

The page has your rights and changes nothing. Its address holds a token that is valid until Ctrl-C.

--in-cluster looks through the dashboard that the chart installs with dashboard.enabled, by kubectl port-forward and with
the bearer token of the kubeconfig, so that all viewers share its watches. It names the namespace of the operator, and without
one ${OPERATOR_NAMESPACE}. A kubeconfig with a client certificate has no such token: then the page is served from here.`;

const MAX_PORT = 65_535;

interface DashboardOptions extends GlobalOptions {
  port: string;
  open: boolean;
  inCluster?: string | true;
}

/** Options of other verbs that mean nothing here, as they are written. */
const REFUSED: Readonly<Record<string, string>> = {
  filename: 'dashboard asks the cluster and reads no files; leave out -f',
  recursive: 'dashboard asks the cluster and reads no files; leave out -R',
  output: 'dashboard prints an address and no objects; leave out -o',
};

/** `dashboard`: serves the page on this machine, with the rights of the kubeconfig, until Ctrl-C. */
export function addDashboard(program: Command, context: CliContext): void {
  const verb = program
    .command('dashboard')
    .description('serve a page with all PresenceClusters, their timelines and calendars, until Ctrl-C')
    .option('--port <number>', 'port on 127.0.0.1; 0 is any that is free', '0')
    .option('--no-open', 'do not open a browser')
    .option(
      '--in-cluster [namespace]',
      'look through the dashboard that runs beside the operator in this namespace',
    );
  verb
    .configureHelp({
      showGlobalOptions: true,
      visibleGlobalOptions: () =>
        program.options.filter((option) => !Object.hasOwn(REFUSED, option.attributeName())),
    })
    .addHelpText('after', EXAMPLES)
    .action(async () => {
      const options = checkedOptions(verb);
      const target = clusterTarget(options);
      const request: DashboardRequest = {
        port: portOf(options.port),
        onReady: (url) => {
          context.print(`Dashboard: ${url}`);
          if (options.open) context.openBrowser(url);
        },
      };
      if (options.inCluster !== undefined) {
        const namespace = options.inCluster === true ? OPERATOR_NAMESPACE : options.inCluster;
        if (await context.forwardDashboard(target, { ...request, namespace })) return;
        context.note(
          'the kubeconfig has no bearer token that the dashboard in the cluster could check: the page is served from here',
        );
      }
      await context.serveDashboard(target, request);
    });
}

function portOf(text: string): number {
  const port = /^[0-9]{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (port <= MAX_PORT) return port;
  throw new WrongUse(`--port: "${text}" is not a port from 0 to ${MAX_PORT}`);
}

/** @throws {WrongUse} for an option that would be without effect */
function checkedOptions(verb: Command): DashboardOptions {
  for (const [option, refusal] of Object.entries(REFUSED)) {
    if (verb.getOptionValueSourceWithGlobals(option) === 'cli') throw new WrongUse(refusal);
  }
  const options = verb.optsWithGlobals<DashboardOptions>();
  if (options.inCluster !== undefined && options.as !== undefined)
    throw new WrongUse('--in-cluster knows you by your token; leave out --as, or --in-cluster');
  return options;
}
