import { Command } from 'commander';
import { addCompletion } from './completion/completion.ts';
import type { CliContext } from './context/context.ts';
import { addDashboard } from './dashboard/dashboard.ts';
import { addOverrideCreate } from './overrides/override-create.ts';
import { addOverrideList } from './overrides/override-list.ts';
import { addSlo } from './slo/slo.ts';
import { addBacktest } from './verbs/backtest.ts';
import { addExplain } from './verbs/explain.ts';
import { addFreezeCheck } from './verbs/freeze-check.ts';
import { addFreezeExport } from './verbs/freeze-export.ts';
import { addFreezeList } from './verbs/freeze-list.ts';
import { addFreezeNow } from './verbs/freeze-now.ts';
import { addGlobalOptions } from './verbs/options.ts';
import { addSimulate } from './verbs/simulate.ts';
import { addStatus } from './verbs/status.ts';
import { addVersion } from './zones/version.ts';
import { addZonesBuild } from './zones/zones-build.ts';
import { addZonesDiff } from './zones/zones-diff.ts';
import { addZonesShow } from './zones/zones-show.ts';
import { addZonesStatus } from './zones/zones-status.ts';

const EXIT_CODES = `
Exit codes: 0 done, 1 failed, 2 wrong use; of freeze check --exit-code 3: frozen.`;

/** The command line with all its verbs. */
export function createProgram(context: CliContext): Command {
  const program = new Command('kubectl-presence')
    .description(
      'Look into the scaling and the freezes of PresenceClusters and into ChangeFreezes, and open a freeze in an incident.',
    )
    .version(`${context.version} (zone data ${context.tzdb})`, '--version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [verb]', 'print the help of a verb')
    .addHelpText('after', EXIT_CODES)
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => context.print(text.trimEnd()),
      writeErr: (text) => context.note(text.trimEnd()),
    })
    .showHelpAfterError('(--help shows the use)')
    .exitOverride();
  addGlobalOptions(program);
  addStatus(program, context);
  addSlo(program, context);
  addExplain(program, context);
  addSimulate(program, context);
  addBacktest(program, context);
  addDashboard(program, context);
  const freeze = program
    .command('freeze')
    .description('look at windows in which workloads must not be changed');
  addFreezeList(freeze, context);
  addFreezeCheck(freeze, context);
  addFreezeExport(freeze, context);
  addFreezeNow(freeze, context);
  const override = program
    .command('override')
    .description('open the freeze of a PresenceCluster, or a ChangeFreeze, in an incident (break-glass)');
  addOverrideCreate(override, context);
  addOverrideList(override, context);
  const zones = program.command('zones').description('look at the time zone data, and make newer data');
  addZonesShow(zones, context);
  addZonesStatus(zones, context);
  addZonesDiff(zones, context);
  addZonesBuild(zones, context);
  addVersion(program, context);
  addCompletion(program, context);
  return program;
}
