import type { Command } from 'commander';
import type { CliContext } from '../context/context.ts';
import { complete } from './complete.ts';

/** One word each; `kubectl` is the file that kubectl runs to complete `kubectl presence`. */
const SHELLS = ['bash', 'zsh', 'fish', 'kubectl'] as const;
type Shell = (typeof SHELLS)[number];

const HELP = `
Examples:
  source <(kubectl-presence completion bash)
  kubectl-presence completion zsh > "\${fpath[1]}/_kubectl-presence"
  kubectl-presence completion fish > ~/.config/fish/completions/kubectl-presence.fish

These complete kubectl-presence. For \`kubectl presence\`, kubectl 1.26 and later runs a file of its own from the PATH:
  kubectl-presence completion kubectl > ~/.local/bin/kubectl_complete-presence
  chmod +x ~/.local/bin/kubectl_complete-presence`;

/** `completion SHELL`, and the hidden verb that its scripts ask for words. */
export function addCompletion(program: Command, context: CliContext): void {
  program
    .command('completion')
    .description('print a completion script: verbs, options, and names from the cluster')
    .argument('<shell>', SHELLS.join(', '))
    .addHelpText('after', HELP)
    .action((shell: string, _: unknown, command: Command) => {
      const known = SHELLS.find((each) => each === shell);
      if (known === undefined) command.error(`error: ${shell}: choose one of ${SHELLS.join(', ')}`);
      else context.print(SCRIPTS[known]);
    });
  program
    .command('__complete', { hidden: true })
    .argument('[words...]')
    .action(async (words: string[]) => {
      for (const word of await complete(program, context, words)) context.print(word);
      // What kubectl expects after the words: no file names, please (directive 4 of its completion protocol).
      context.print(':4');
    });
}

const SCRIPTS: Record<Shell, string> = {
  bash: `# bash completion of kubectl-presence
_kubectl_presence() {
  local word="\${COMP_WORDS[COMP_CWORD]}"
  local words
  words="$(kubectl-presence __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null | grep -v '^:')"
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}
complete -o default -F _kubectl_presence kubectl-presence`,
  zsh: `#compdef kubectl-presence
_kubectl_presence() {
  local -a found
  found=(\${(f)"$(kubectl-presence __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null | grep -v '^:')"})
  compadd -a found
}
compdef _kubectl_presence kubectl-presence`,
  fish: `# fish completion of kubectl-presence
function __kubectl_presence_complete
  set -l words (commandline -opc) (commandline -ct)
  kubectl-presence __complete -- $words[2..-1] 2>/dev/null | string match -v ':*'
end
complete -c kubectl-presence -f -a '(__kubectl_presence_complete)'`,
  kubectl: `#!/bin/sh
exec kubectl-presence __complete -- "$@"`,
};
