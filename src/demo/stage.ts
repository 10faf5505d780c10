/** Everything that the show plays on: an embedded cluster with the controller, and around it apps, gateway, metrics and load tester on real ports of this machine. */
import { randomUUID } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { customResourceDefinitions } from '#api/crds.ts';
import { connectCluster, type Cluster } from '#cluster/cluster.ts';
import { startCanaryController } from '#controllers/canary/canary-controller.ts';
import { defaultCanarySettings, type CanarySettings } from '#controllers/canary/settings.ts';
import { listenLoadtester } from '#loadtester/listen.ts';
import { systemClock } from '#runtime/clock.ts';
import { gotHttp } from '#runtime/got-http.ts';
import { createLog, type Log } from '#runtime/log.ts';
import { createRedactor } from '#runtime/redact.ts';
import { gatewayDefinitions } from '#sandbox/gateway-api-definition.ts';
import { serveHttp } from '#sandbox/http-front.ts';
import { serveOnLoopback } from '#sandbox/loopback-server.ts';
import { MetricSource } from '#sandbox/metric-source.ts';
import { prometheusApi } from '#sandbox/prometheus-api.ts';
import { createWorld } from '#sandbox/world.ts';
import { startGateway } from './gateway.ts';
import { demoPods } from './pods.ts';

export interface Stage {
  /** A connection of its own, for those who play and those who watch. */
  readonly cluster: Cluster;
  readonly gatewayUrl: string;
  readonly loadtesterUrl: string;
  readonly prometheusUrl: string;
  /** With the kubeconfig and the logs. */
  readonly folder: string;
  readonly kubeconfig: string;
  /** Ends everything; the folder stays only if asked for. */
  close(options: { readonly keepFolder: boolean }): Promise<void>;
}

const clock = systemClock;
/** Rates are taken over a few seconds: they must not wait for their second sample. */
const scrapeInterval = 500;
/** The longest load test is shorter. */
const taskTimeout = 30_000;

/** What `serin controller flagger -mesh-provider=gatewayapi:v1 -control-loop-interval=1s -min-analysis-interval=1s -traffic-drain=1s` means. */
const settings: Omit<CanarySettings, 'metricsServer'> = {
  ...defaultCanarySettings,
  meshProvider: 'gatewayapi:v1',
  controlLoopInterval: 1_000,
  minAnalysisInterval: 1_000,
  trafficDrain: 1_000,
};

/** Rejects when a port cannot be had; what was started by then ends with it. */
export async function setStage(version: string): Promise<Stage> {
  /** Undone from the last to the first. */
  const undo: (() => unknown)[] = [];
  const close = async (): Promise<void> => {
    for (const step of undo.splice(0).toReversed()) await step();
  };
  try {
    return await build(version, undo, close);
  } catch (error) {
    await close();
    throw error;
  }
}

async function build(version: string, undo: (() => unknown)[], close: () => Promise<void>): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'serin-demo-'));
  const logTo = (name: string): Log => {
    const file = openSync(join(folder, name), 'a');
    undo.push(() => closeSync(file));
    return createLog({ level: 'info', write: (line) => void writeSync(file, line) });
  };
  const log = logTo('controller.log');
  const pods = demoPods();
  const world = createWorld({
    clock,
    crds: [...customResourceDefinitions, ...gatewayDefinitions],
    pods: { runner: pods.runner },
    gateway: 'silent',
    onError: (error) => log.error(`The embedded cluster failed: ${String(error)}`),
  });
  undo.push(() => world.stop());
  const connected = (fieldManager: string, registry: Registry): Cluster => {
    const transport = world.api.connect();
    const cluster = connectCluster({ transport, clock, random: Math.random, registry, fieldManager, log });
    undo.push(() => cluster.stop());
    return cluster;
  };

  const front = await serveHttp(world.api, { token: randomUUID() });
  undo.push(() => front.close());
  const kubeconfig = join(folder, 'kubeconfig');
  writeFileSync(kubeconfig, front.kubeconfig, { mode: 0o600 });

  const cluster = connected('demo', new Registry());
  const gateway = await startGateway({ cluster, clock, portOf: (pod) => pods.portOf(pod) });
  undo.push(() => gateway.close());

  const http = gotHttp();
  const source = new MetricSource(clock);
  undo.push(() => source.close());
  source.scrape({ http, url: gateway.metricsUrl, interval: scrapeInterval, labels: { job: 'gateway' } });
  const prometheus = await serveOnLoopback(prometheusApi(source, clock));
  undo.push(() => prometheus.close());

  const tester = await listenLoadtester({
    port: 0,
    host: '127.0.0.1',
    timeout: taskTimeout,
    log: logTo('loadtester.log'),
  });
  undo.push(() => tester.close());

  const registry = new Registry();
  const controlled = connected('flagger', registry);
  const context = { clock, cluster: controlled, http, log, redactor: createRedactor(), random: Math.random, registry };
  const controller = startCanaryController(context, { ...settings, metricsServer: prometheus.address }, version);
  undo.push(() => controller.stop());

  return {
    cluster,
    gatewayUrl: gateway.url,
    loadtesterUrl: `http://127.0.0.1:${tester.port}`,
    prometheusUrl: prometheus.address,
    folder,
    kubeconfig,
    async close({ keepFolder }) {
      await close();
      if (!keepFolder) rmSync(folder, { recursive: true, force: true });
    },
  };
}
