/** A web server that answers webhooks by script and remembers every call. */
import * as z from 'zod';
import { sleep } from '#runtime/clock.ts';
import type { Clock } from '#runtime/clock.ts';
import type { Handler, HandlerResponse } from './http-handler.ts';

const simpleAnswer = z.union([
  z.int(),
  z.literal('hang'),
  z.strictObject({
    status: z.int().default(200),
    body: z.string().default(''),
    headers: z.record(z.string(), z.string()).default({}),
    delay: z.number().min(0).default(0),
  }),
]);

/** A status, `{status, body, headers, delay}` with the delay in seconds, or `hang`: the call is taken and never answered. */
export const HookAnswer = z.union([simpleAnswer, z.strictObject({ inTurn: z.array(simpleAnswer).min(1) })]);
export type HookAnswer = z.input<typeof HookAnswer>;
type SimpleAnswer = z.output<typeof simpleAnswer>;

export interface HookCall {
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
  /** Without its leading slash, as in the script. */
  readonly path: string;
  /** Absent for a call that hangs. */
  readonly status?: number;
  /** What the JSON says, or the text when it is none. */
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;
}

export interface WebhookReceiver {
  readonly handler: Handler;
  /** In the order of their arrival. */
  calls(): readonly HookCall[];
  /** Another answer for `path` from now on. */
  set(path: string, answer: HookAnswer): void;
}

/** Keys of `hooks` are paths without their leading slash; a path that is not listed answers 200 with an empty body. */
export function webhookReceiver(hooks: Readonly<Record<string, HookAnswer>>, clock: Clock): WebhookReceiver {
  const script = new Map<string, () => SimpleAnswer>();
  const calls: HookCall[] = [];
  const set = (path: string, answer: HookAnswer): void => void script.set(withoutSlash(path), inTurn(answer));
  for (const [path, answer] of Object.entries(hooks)) set(path, answer);
  return {
    set,
    calls: () => calls,
    handler(request) {
      const path = withoutSlash(request.path);
      const answer = full(script.get(path)?.() ?? 200);
      const call = { at: clock.now(), path, body: bodyOf(request.body), headers: request.headers };
      calls.push(answer === 'hang' ? call : { ...call, status: answer.status });
      return answer === 'hang' ? new Promise<never>(() => {}) : respond(answer, clock);
    },
  };
}

type FullAnswer = Extract<SimpleAnswer, object>;

function full(answer: SimpleAnswer): FullAnswer | 'hang' {
  return typeof answer === 'number' ? { status: answer, body: '', headers: {}, delay: 0 } : answer;
}

async function respond({ status, body, headers, delay }: FullAnswer, clock: Clock): Promise<HandlerResponse> {
  if (delay > 0) await sleep(clock, delay * 1000);
  return { status, body, headers };
}

function inTurn(input: HookAnswer): () => SimpleAnswer {
  const answer = HookAnswer.parse(input);
  if (typeof answer !== 'object' || !('inTurn' in answer)) return () => answer;
  const left = [...answer.inTurn];
  return () => (left.length > 1 ? left.shift() : left[0]) ?? 200;
}

function withoutSlash(path: string): string {
  return path.replace(/^\//, '');
}

function bodyOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
