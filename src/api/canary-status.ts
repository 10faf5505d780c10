/** `status` of a Canary: where its run stands, and why. */
import * as z from 'zod';
import { moment, text, textMap, whole, type Readable } from './schema.ts';

export const canaryPhases = [
  '',
  'Initializing',
  'Initialized',
  'Waiting',
  'Progressing',
  'WaitingPromotion',
  'Promoting',
  'Finalising',
  'Succeeded',
  'Failed',
  'Terminating',
  'Terminated',
] as const;

const phase = z.enum(canaryPhases);

const condition = z.object({
  type: text.describe('`Promoted`: how the last run went. `Accepted`: whether the Canary can work at all.'),
  status: text,
  reason: text,
  message: text.exactOptional(),
  lastUpdateTime: moment.exactOptional(),
  lastTransitionTime: moment.exactOptional(),
});

const decision = z.object({
  at: moment,
  metric: text.describe('Name of the metric.'),
  kind: z.enum(['value', 'no-data', 'nan', 'provider-error', 'bad-query']).describe('What came back.'),
  query: text.describe('The query as it was sent.'),
  value: z.number().exactOptional(),
  limit: text.exactOptional().describe('What the value was held against, such as `min 99`.'),
  verdict: z.enum(['pass', 'fail', 'hold']),
  reason: text.describe('Why, in the words of the event.'),
  tick: z.object({ phase, weight: whole }).exactOptional().describe('Where the run stood.'),
});

export const canaryStatus = z.object({
  phase: phase.exactOptional().describe('Where the run stands.'),
  failedChecks: whole.exactOptional().describe('Failed ticks of this run.'),
  canaryWeight: whole.exactOptional().describe('Percentage of the traffic that the canary gets.'),
  iterations: whole.exactOptional().describe('Ticks of this test that are done.'),
  previousSessionAffinityCookie: text.exactOptional(),
  sessionAffinityCookie: text.exactOptional(),
  primarySessionAffinityCookie: text.exactOptional(),
  trackedConfigs: textMap.exactOptional().describe('Checksums of the ConfigMaps and Secrets that the target uses.'),
  lastAppliedSpec: text.exactOptional().describe('Revision of the target that was seen last.'),
  lastPromotedSpec: text.exactOptional().describe('Revision that the primary runs.'),
  lastTransitionTime: moment.exactOptional().describe('Time of the last write of the status.'),
  conditions: z.array(condition).exactOptional().describe('How the last run went, and whether the Canary can work.'),
  decisions: z.array(decision).exactOptional().describe('The last verdicts on metrics, newest last.'),
  draining: z
    .object({
      since: moment,
      for: text.describe('A Go duration.'),
      accepted: moment.exactOptional().describe('When the data plane was first seen to have followed the route.'),
      next: phase.exactOptional().describe('The phase that follows.'),
    })
    .exactOptional()
    .describe('The route has moved, and requests under way may still end on the pods that will be stopped.'),
  rollback: z
    .object({ since: moment, hook: text })
    .exactOptional()
    .describe('A rollback hook has asked for a rollback, which has not ended yet.'),
  held: z
    .object({ since: moment, metric: text, reason: text })
    .exactOptional()
    .describe('Weight and counters are kept, since a metric gives no answer.'),
});

export type CanaryPhase = (typeof canaryPhases)[number];
export type CanaryStatus = Readable<z.output<typeof canaryStatus>>;
export type CanaryCondition = Readable<z.output<typeof condition>>;
export type Decision = Readable<z.output<typeof decision>>;

type CookieField = 'sessionAffinityCookie' | 'previousSessionAffinityCookie' | 'primarySessionAffinityCookie';

/** New values of the cookies in a status; `undefined` removes one. */
export type SessionCookies = { readonly [F in CookieField]?: string | undefined };
