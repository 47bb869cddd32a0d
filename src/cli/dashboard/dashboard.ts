import type { Command } from 'commander';
import type { CliContext } from '../context/context.ts';
import { WrongUse } from '../context/failure.ts';
import { clusterTarget, type GlobalOptions } from '../verbs/options.ts';

const EXAMPLES = `
Examples:
  kubectl presence dashboard -A
  kubectl presence dashboard -n weddings --port 8088 --no-open

The page has your rights and changes nothing. Its address holds a token that is valid until Ctrl-C.`;

const MAX_PORT = 65_535;

/** `dashboard`: serves the page on this machine, with the rights of the kubeconfig, until Ctrl-C. */
export function addDashboard(program: Command, context: CliContext): void {
  program
    .command('dashboard')
    .description('serve a page with all PresenceClusters, their timelines and calendars, until Ctrl-C')
    .option('--port <number>', 'port on 127.0.0.1; 0 is any that is free', '0')
    .option('--no-open', 'do not open a browser')
    .addHelpText('after', EXAMPLES)
    .action(async (_: unknown, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions & { port: string; open: boolean }>();
      const port = /^[0-9]{1,5}$/.test(options.port) ? Number(options.port) : Number.NaN;
      if (!(port <= MAX_PORT))
        throw new WrongUse(`--port: "${options.port}" is not a port from 0 to ${MAX_PORT}`);
      if (options.filename !== undefined)
        throw new WrongUse('dashboard asks the cluster and reads no files; leave out -f');
      await context.serveDashboard(clusterTarget(options), {
        port,
        onReady: (url) => {
          context.print(`Dashboard: ${url}`);
          if (options.open) context.openBrowser(url);
        },
      });
    });
}
