/** The embedded cluster as a stage: its world, the scripted servers, and the scenario's controller. */
import { customResourceDefinitions } from '#api/crds.ts';
import { httpRouteDefinition } from '#sandbox/gateway-api-definition.ts';
import { seededRandom } from '#sandbox/random.ts';
import { sandboxHttp } from '#sandbox/sandbox-http.ts';
import { scriptedMetrics } from '#sandbox/scripted-metrics.ts';
import { VirtualClock } from '#sandbox/virtual-clock.ts';
import { webhookReceiver } from '#sandbox/webhook-receiver.ts';
import { createWorld } from '#sandbox/world.ts';
import { recordedFlags, startController, type StartController } from './controller.ts';
import { addresses } from './run-folder.ts';
import type { Scenario } from './scenario.ts';
import { namespace, type Stage } from './stage.ts';

export function sandboxStage(scenario: Scenario, phase = 0): Promise<Stage> {
  return stageWith(scenario, startController, phase);
}

/** The same stage with another controller, for the player's own tests. `phase`: milliseconds of the second in which the clock starts. */
export async function stageWith(scenario: Scenario, start: StartController, phase = 0): Promise<Stage> {
  const clock = new VirtualClock({ start: firstSecond + phase });
  const world = createWorld({
    clock,
    crds: [...customResourceDefinitions, httpRouteDefinition],
    namespaces: [namespace],
    gateway: scenario.gateway,
  });
  const metrics = scriptedMetrics(scenario.metrics, () => clock.as('world').now());
  const hooks = webhookReceiver(scenario.hooks, clock.as('world'));
  const http = sandboxHttp(clock.as('world'));
  http.register(new URL(addresses.metrics).hostname, metrics.handler);
  http.register(new URL(addresses.hooks).hostname, hooks.handler);
  const controller = await start(scenario.controller, {
    transport: world.transport,
    clock: clock.as('controller'),
    http,
    random: seededRandom(controllerSeed),
    flags: recordedFlags[scenario.controller],
  });
  return {
    clock,
    objects: world.objects,
    metrics,
    hooks,
    connect: () => world.api.connect(),
    setGateway: (mode) => world.gateway.setMode(mode),
    async stop() {
      await controller.stop();
      await world.stop();
    },
  };
}

const firstSecond = Date.UTC(2026, 0, 1);

/** The world draws its names from seeds of its own. */
const controllerSeed = 7;
