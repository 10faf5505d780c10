/** The status of one template of an Experiment, and the worst of several. */
import type { Experiment, ExperimentTemplate, ExperimentTemplateStatus, TemplateStatusCode } from '#api/experiment.ts';
import { parseTime } from '#api/time.ts';
import { endOf, progressDeadlineSecondsOf } from './defaults.ts';
import { says } from './messages.ts';

export const isOver = (status: TemplateStatusCode | undefined): boolean =>
  status === 'Successful' || status === 'Failed' || status === 'Error';

export interface TemplateVerdict {
  readonly status: TemplateStatusCode;
  readonly message?: string;
}

/** `desired`: pods that it shall have now. `now`: milliseconds since the epoch. */
export function judgeTemplate(
  experiment: Experiment,
  template: ExperimentTemplate,
  known: ExperimentTemplateStatus,
  desired: number,
  terminating: boolean,
  now: number,
): TemplateVerdict {
  if (isOver(known.status)) return verdictOf(known);
  if (known.availableReplicas === desired) {
    const end = endOf(experiment);
    const isTimeUp = end !== undefined && end <= now;
    return { status: isTimeUp || terminating ? 'Successful' : 'Running' };
  }
  const seconds = progressDeadlineSecondsOf(experiment);
  const deadline = deadlineOf(known, seconds);
  // Pods that shall go are not late.
  if (desired > 0 && deadline !== undefined && deadline <= now) {
    return { status: 'Failed', message: says.deadlineExceeded(template.name, seconds) };
  }
  return { status: terminating ? 'Successful' : 'Progressing' };
}

function verdictOf({ status = '', message }: ExperimentTemplateStatus): TemplateVerdict {
  return message === undefined ? { status } : { status, message };
}

/** When a template that does not come forward fails; `undefined` before it has begun. */
export function deadlineOf({ lastTransitionTime }: ExperimentTemplateStatus, seconds: number): number | undefined {
  return lastTransitionTime === undefined ? undefined : parseTime(lastTransitionTime) + seconds * 1000;
}

/** From best to worst. */
const severity: readonly TemplateStatusCode[] = ['', 'Successful', 'Running', 'Progressing', 'Error', 'Failed'];

/** Of equally bad ones the first. */
export function worstTemplate(statuses: readonly ExperimentTemplateStatus[]): TemplateVerdict {
  return statuses
    .map(verdictOf)
    .reduce((worst, one) => (severity.indexOf(one.status) > severity.indexOf(worst.status) ? one : worst), {
      status: '',
    });
}
