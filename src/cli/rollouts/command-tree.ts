/** All commands of the plugin, by where they stand: a new one is one line here. */
import type { Command } from './command.ts';
import { abortCommand } from './commands/abort.ts';
import { completionCommand } from './commands/completion.ts';
import { createCommand } from './commands/create.ts';
import { getExperimentCommand } from './commands/get-experiment.ts';
import { getRolloutCommand } from './commands/get-rollout.ts';
import { lintCommand } from './commands/lint.ts';
import { listExperimentsCommand } from './commands/list-experiments.ts';
import { listRolloutsCommand } from './commands/list-rollouts.ts';
import { pauseCommand } from './commands/pause.ts';
import { promoteCommand } from './commands/promote.ts';
import { restartCommand } from './commands/restart.ts';
import { resumeCommand } from './commands/resume.ts';
import { retryExperimentCommand } from './commands/retry-experiment.ts';
import { retryRolloutCommand } from './commands/retry-rollout.ts';
import { setCommand } from './commands/set-image.ts';
import { statusCommand } from './commands/status.ts';
import { terminateCommand } from './commands/terminate.ts';
import { undoCommand } from './commands/undo.ts';
import { versionCommand } from './commands/version.ts';

const get: Command = {
  use: 'get <rollout|experiment> RESOURCE_NAME',
  summary: 'Show a rollout or an experiment with everything that belongs to it',
  example: `
  # Show a rollout
  kubectl argo rollouts get rollout guestbook

  # Follow a rollout
  kubectl argo rollouts get rollout guestbook -w

  # Show an experiment
  kubectl argo rollouts get experiment my-experiment`,
  commands: [getExperimentCommand, getRolloutCommand],
};

const list: Command = {
  use: 'list <rollout|experiment>',
  summary: 'List rollouts or experiments',
  example: `
  # List rollouts
  kubectl argo rollouts list rollouts

  # List experiments
  kubectl argo rollouts list experiments`,
  commands: [listExperimentsCommand, listRolloutsCommand],
};

const retry: Command = {
  use: 'retry <rollout|experiment> RESOURCE_NAME',
  summary: 'Retry a rollout or an experiment',
  example: `
  # Retry an aborted rollout
  kubectl argo rollouts retry rollout guestbook

  # Run an experiment again
  kubectl argo rollouts retry experiment my-experiment`,
  commands: [retryExperimentCommand, retryRolloutCommand],
};

export const root: Command = {
  use: 'kubectl-argo-rollouts COMMAND',
  summary: 'Manage rollouts',
  description: 'Look at rollouts, experiments and analysis runs, and decide about them.',
  example: `
  # Follow a rollout
  kubectl argo rollouts get rollout guestbook --watch

  # Pause a rollout
  kubectl argo rollouts pause guestbook

  # Promote a paused rollout
  kubectl argo rollouts promote guestbook

  # Abort a rollout
  kubectl argo rollouts abort guestbook

  # Retry an aborted rollout
  kubectl argo rollouts retry rollout guestbook`,
  commands: [
    abortCommand,
    completionCommand,
    createCommand,
    get,
    lintCommand,
    list,
    pauseCommand,
    promoteCommand,
    restartCommand,
    resumeCommand,
    retry,
    setCommand,
    statusCommand,
    terminateCommand,
    undoCommand,
    versionCommand,
  ],
};
