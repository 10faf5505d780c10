/** A real Prometheus that scrapes the Pods with real processes every second. */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { isRecord } from '#cluster/kube-object.ts';
import { request } from 'undici';

import type { Children } from './children.ts';
import type { NodeAgent, RunningPod } from './node-agent.ts';
import { programFile } from './programs.ts';
import { waitFor } from './wait-for.ts';

const address = '10.244.0.2:9090';

export interface Prometheus {
  readonly url: string;
  /** The first value of an instant query; `undefined` when there is no data. */
  query(expression: string): Promise<number | undefined>;
}

export interface PrometheusOptions {
  readonly children: Children;
  readonly folder: string;
  readonly node: NodeAgent;
  /** Further targets, `host:port`. */
  readonly also: readonly string[];
}

export async function startPrometheus({ children, folder, node, also }: PrometheusOptions): Promise<Prometheus> {
  const home = path.join(folder, 'prometheus');
  mkdirSync(home);
  const targets = path.join(home, 'pods.json');
  const list = (pods: RunningPod[]): void => {
    // Renamed into place: Prometheus reads when it likes.
    writeFileSync(`${targets}.new`, JSON.stringify(pods.flatMap(targetOf)));
    renameSync(`${targets}.new`, targets);
  };
  list(node.running());
  node.onRunning(list);
  const config = path.join(home, 'prometheus.yml');
  writeFileSync(config, JSON.stringify(configOf(targets, also)));
  children.start('prometheus', programFile('prometheus'), [
    `--config.file=${config}`,
    `--storage.tsdb.path=${path.join(home, 'data')}`,
    `--web.listen-address=${address}`,
    '--log.level=warn',
  ]);
  const url = `http://${address}`;
  await waitFor('Prometheus to be ready', async () => {
    const { statusCode, body } = await request(`${url}/-/ready`);
    await body.dump();
    return statusCode === 200;
  });
  return { url, query: (expression) => instantQuery(url, expression) };
}

/** The labels that queries of canaries select by. */
function targetOf({ ip, ports, namespace, name, labels, annotations }: RunningPod): object[] {
  const port = annotations['prometheus.io/port'] ?? ports[0];
  if (port === undefined || annotations['prometheus.io/scrape'] === 'false') return [];
  const app = labels['app'] ?? labels['app.kubernetes.io/name'] ?? '';
  const known = { namespace, pod: name, app, kubernetes_namespace: namespace, kubernetes_pod_name: name };
  return [{ targets: [`${ip}:${port}`], labels: known }];
}

/** JSON is YAML. */
function configOf(targets: string, also: readonly string[]): object {
  return {
    global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
    scrape_configs: [
      { job_name: 'kubernetes-pods', file_sd_configs: [{ files: [targets], refresh_interval: '1s' }] },
      { job_name: 'gateway', static_configs: [{ targets: also }] },
    ],
  };
}

async function instantQuery(url: string, expression: string): Promise<number | undefined> {
  const { body } = await request(`${url}/api/v1/query`, { query: { query: expression } });
  const answer: unknown = await body.json();
  if (!isRecord(answer) || answer['status'] !== 'success')
    throw new Error(`Cannot query ${expression}: ${JSON.stringify(answer)}`);
  const data = isRecord(answer['data']) ? answer['data'] : {};
  const first: unknown = Array.isArray(data['result']) ? data['result'][0] : undefined;
  const sample = isRecord(first) && Array.isArray(first['value']) ? first['value'] : [];
  return sample.length === 2 ? Number(sample[1]) : undefined;
}
