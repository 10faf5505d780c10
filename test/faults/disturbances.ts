/** What goes wrong between the controller and the API server, by chance but always the same chance. */
import type { Intercept } from '#sandbox/api-server.ts';
import { seededRandom } from '#sandbox/random.ts';
import type { FaultWorld } from './fault-world.ts';

/** What has to be there to be disturbed. */
type Disturbed = Pick<FaultWorld, 'world' | 'clock'>;

/** Of a hundred requests so many fail, one way or another. */
export function failRequests(world: Disturbed, seed: number, percent: number): void {
  const random = seededRandom(seed);
  const { api } = world.world;
  const intercept: Intercept = (request) => {
    if (random() * 100 >= percent) return undefined;
    const kind = Math.floor(random() * 5);
    if (kind === 0) return refusal(500, 'InternalError', 'etcdserver: request timed out');
    if (kind === 1) return { ...refusal(429, 'TooManyRequests', 'slow down'), retryAfter: 1 };
    if (kind === 2) return { ...refusal(503, 'ServiceUnavailable', 'not now'), retryAfter: 2 };
    if (kind === 3 && request.method !== 'GET') {
      // Done, but its answer is lost.
      api.intercept(undefined);
      api.handle(request);
      api.intercept(intercept);
    }
    return 'drop';
  };
  api.intercept(intercept);
}

/** Nothing gets through until `milliseconds` are over. */
export function cutOff(world: Disturbed, milliseconds: number): void {
  const { api } = world.world;
  api.intercept(() => 'drop');
  api.breakWatches();
  world.clock.as('player').after(milliseconds, () => api.intercept(undefined));
}

/** Does something again and again, until the world ends. */
export function every(world: Disturbed, milliseconds: number, act: () => void): void {
  world.clock.as('player').after(milliseconds, () => {
    act();
    every(world, milliseconds, act);
  });
}

function refusal(status: number, reason: string, message: string): { status: number; body: unknown } {
  return {
    status,
    body: { apiVersion: 'v1', kind: 'Status', status: 'Failure', reason, message, code: status },
  };
}
