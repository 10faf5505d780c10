/** `completion`: the script that makes a shell ask `__complete` for words. */
import { type Command, command } from '../command.ts';

const shells = ['bash', 'zsh', 'fish', 'powershell'] as const;

export const completionCommand: Command = command({
  use: `completion [${shells.join('|')}]`,
  summary: 'Print the script that completes commands in a shell',
  description: `Print the script that completes commands in a shell.

To complete \`kubectl argo rollouts\` as well, kubectl wants a program kubectl_complete-argo-rollouts on the PATH
that runs: kubectl argo rollouts __complete "$@"`,
  example: `
  # In the shell that runs now
  source <(kubectl-argo-rollouts completion bash)

  # For each new shell
  kubectl-argo-rollouts completion bash > /etc/bash_completion.d/kubectl-argo-rollouts`,
  plainUse: true,
  words: shells,
  async run({ args, io }) {
    const [shell] = args;
    if (args.length !== 1) throw new Error(`accepts 1 arg(s), received ${args.length}`);
    const { completionScripts } = await import('../completion-scripts.ts');
    const known = shells.find((name) => name === shell);
    if (known === undefined)
      throw new Error(`invalid argument ${JSON.stringify(shell)} for "kubectl-argo-rollouts completion"`);
    io.stdout(completionScripts[known]);
  },
});
