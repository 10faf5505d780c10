/** The HTTP interface of the load tester: what webhooks of Canaries call. */
import { Hono, type Context, type MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import * as z from 'zod';
import { isAuthorized } from './access.ts';
import { createGates, type GateKind } from './gates.ts';
import { createTaskQueue } from './task-queue.ts';
import { taskOf, type TaskDeps } from './tasks.ts';

export interface LoadtesterOptions extends TaskDeps {
  /** Canaries of other namespaces are refused; searched for anywhere in the name. */
  readonly namespacePattern?: RegExp;
  /** What callers have to know before anything is done for them; absent: nothing, as in the original. */
  readonly token?: () => Promise<string>;
  /** The text of `/metrics`. */
  readonly metrics: () => Promise<string>;
}

export interface Loadtester {
  readonly fetch: (request: Request) => Response | Promise<Response>;
  /** Abandons every task, those that a caller waits for too. */
  close(): void;
}

/** A hook's payload is a few hundred bytes. */
const largestBody = 1024 * 1024;

const payloadSchema = z.looseObject({
  name: z.string().default(''),
  namespace: z.string().default(''),
  metadata: z.record(z.string(), z.string()).nullish(),
});

type Payload = z.infer<typeof payloadSchema>;

export function createLoadtester(options: LoadtesterOptions): Loadtester {
  const gates = createGates();
  const queue = createTaskQueue(options);
  const protect = needsToken(options.token);
  const app = new Hono();
  app.use(bodyLimit({ maxSize: largestBody, onError: (c) => c.text('the body is too large', 413) }));
  app.onError((error, c) => {
    options.log.error(`Cannot answer ${c.req.path}: ${error.message}`);
    return c.text('Internal Server Error', 500);
  });

  app.all('/healthz', (c) => c.text('OK'));
  app.all('/metrics', async (c) => c.text(await options.metrics()));
  app.all('/gate/approve', (c) => c.text('OK'));
  app.all('/gate/halt', (c) => c.text('Forbidden', 403));

  const withPayload =
    (handle: (c: Context, payload: Payload) => Response | Promise<Response>) => async (c: Context) => {
      const payload = payloadSchema.safeParse(parsedJson(await c.req.text()));
      if (!payload.success) return c.body(null, 400);
      if (options.namespacePattern?.test(payload.data.namespace) === false) return c.text('Forbidden', 403);
      return await handle(c, payload.data);
    };
  const setGate = (kind: GateKind, open: boolean) =>
    withPayload((c, payload) => {
      gates.set(kind, payload, open);
      options.log.info(`${kind} ${open ? 'opened' : 'closed'}`, { canary: `${payload.name}.${payload.namespace}` });
      return c.body(null, 202);
    });
  for (const kind of ['gate', 'rollback'] as const) {
    const answer = withPayload((c, payload) =>
      gates.isOpen(kind, payload) ? c.text('Approved') : c.text('Forbidden', 403),
    );
    app.all(`/${kind}/check`, answer);
    app.all(`/${kind}/open`, protect, setGate(kind, true));
    app.all(`/${kind}/close`, protect, setGate(kind, false));
  }

  // A task that a caller waits for ends at its time limit, not when the caller hangs up.
  const stop = new AbortController();
  const doTask = withPayload(async (c, payload) => {
    const task = taskOf(payload, payload.metadata ?? undefined, options);
    if (task.how === 'refuse') return c.text(task.message, 400);
    if (task.how === 'queue') {
      queue.add(task.task);
      return c.body(null, 202);
    }
    const result = await task.run(stop.signal);
    if (!result.ok) return c.text(task.failure(result), 500);
    return c.text(task.returnOutput ? result.output : '');
  });
  app.all('*', protect, doTask);
  return {
    fetch: (request) => app.fetch(request),
    close() {
      queue.close();
      stop.abort();
    },
  };
}

function needsToken(token: LoadtesterOptions['token']): MiddlewareHandler {
  return async (c, next) => {
    if (token !== undefined && !isAuthorized(c.req.header('authorization'), await token())) {
      return c.text('Unauthorized', 401, { 'WWW-Authenticate': 'Bearer, Basic realm="serin loadtester"' });
    }
    return await next();
  };
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
