import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { parseCanary, type Canary } from '#api/canary.ts';
import type { KubeObject, Resource } from '#api/kubernetes.ts';
import { parseMetricTemplate, type MetricTemplate } from '#api/metric-template.ts';
import { describeProblem } from '#api/problem.ts';
import type { PodSpec, Workload } from '#api/workload.ts';
import {
  alertProviders,
  analysisRuns,
  analysisTemplates,
  canaries,
  clusterAnalysisTemplates,
  configMaps,
  daemonSets,
  deployments,
  events,
  experiments,
  horizontalPodAutoscalers,
  httpRoutes,
  jobs,
  leases,
  metricTemplates,
  replicaSets,
  rollouts,
  scaledObjects,
  secrets,
  services,
} from '#cluster/resource.ts';
import { validateCanary } from '#engine/canary/validation.ts';
import { parseQuery } from '#metrics/promql/parser.ts';
import { providers } from '#metrics/providers.ts';
import { renderQuery } from '#metrics/query-template.ts';
import { routers } from '#traffic/routers.ts';
import { generatedFiles } from '../../deploy/generated-files.ts';

const deploy = path.join(import.meta.dirname, '../../deploy');

/** Documents of a YAML file below `deploy/`; the test that reads a field is the check of its shape. */
function documents<T = KubeObject>(file: string): T[] {
  return parseAllDocuments(readFileSync(path.join(deploy, file), 'utf8')).map((document): T => {
    expect(document.errors).toEqual([]);
    return document.toJS();
  });
}

function only<T>(list: readonly T[]): T {
  const [first, ...others] = list;
  expect(others).toEqual([]);
  if (first === undefined) throw new Error('Cannot read the file: it is empty');
  return first;
}

interface Kustomization {
  readonly resources: readonly string[];
}

interface Rule {
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly verbs: readonly string[];
}

interface Deployment {
  readonly metadata: { readonly namespace: string };
  readonly spec: {
    readonly selector: { readonly matchLabels: object };
    readonly template: {
      readonly metadata: { readonly labels: object };
      readonly spec: PodSpec & { readonly automountServiceAccountToken?: boolean };
    };
  };
}

interface Policy {
  readonly spec: {
    readonly podSelector: object;
    readonly policyTypes: readonly string[];
    readonly ingress: readonly object[];
  };
}

describe('deploy/', () => {
  it.each([...generatedFiles])('%s is what `node deploy/generate.ts` writes', (file, wanted) => {
    expect(readFileSync(path.join(deploy, '..', file), 'utf8')).toBe(wanted);
  });

  it('has a CRD for each kind of ours', () => {
    const names = [...generatedFiles.keys()].filter((file) => file.startsWith('deploy/crds/'));
    const ours = [
      alertProviders,
      analysisRuns,
      analysisTemplates,
      canaries,
      clusterAnalysisTemplates,
      experiments,
      metricTemplates,
      rollouts,
    ];
    expect(names.sort()).toEqual(ours.map(({ group, plural }) => `deploy/crds/${group}_${plural}.yaml`).sort());
  });

  it.each(['', 'crds', 'controller', 'loadtester'])('lists every file of deploy/%s', (folder) => {
    const { resources } = only(documents<Kustomization>(path.join(folder, 'kustomization.yaml')));
    const files = readdirSync(path.join(deploy, folder)).filter(
      (file) => file.endsWith('.yaml') && file !== 'kustomization.yaml',
    );
    expect(resources.filter((resource) => resource.endsWith('.yaml')).sort()).toEqual(files.sort());
    for (const file of files) {
      for (const object of documents(path.join(folder, file))) {
        expect(object).toMatchObject({
          apiVersion: expect.any(String),
          kind: expect.any(String),
          metadata: { name: expect.any(String) },
        });
      }
    }
  });

  it('runs the controller with flags as the original takes them', () => {
    const { spec } = only(documents<Deployment>('controller/deployment.yaml'));
    expect(spec.template.metadata.labels).toEqual(spec.selector.matchLabels);
    const [command, ...flags] = argsOf(spec.template.spec);
    expect(command).toBe('controller');
    for (const flag of flags) expect(flag).toMatch(/^-[a-z-]+=\S+$/);
  });
});

describe('permissions of the controller', () => {
  const rules = documents<{ rules?: readonly Rule[] }>('controller/rbac.yaml').flatMap((object) => object.rules ?? []);
  const verbsOf = (group: string, plural: string): string[] =>
    rules
      .filter((rule) => rule.apiGroups?.includes(group) === true && rule.resources?.includes(plural) === true)
      .flatMap((rule) => rule.verbs)
      .sort();

  it.each<[Resource, string]>([
    [canaries, 'get list patch update watch'],
    [metricTemplates, 'get list watch'],
    [alertProviders, 'get list watch'],
    [deployments, 'create get list patch update watch'],
    [services, 'create delete get list patch update watch'],
    [httpRoutes, 'create get list patch update watch'],
    [secrets, 'create get list patch update watch'],
    [configMaps, 'create get list patch update watch'],
    [daemonSets, 'create get list patch update watch'],
    [horizontalPodAutoscalers, 'create get list patch update watch'],
    [events, 'create patch'],
    [leases, 'create get patch update'],
    [scaledObjects, 'create get list patch update watch'],
    [rollouts, 'get list patch update watch'],
    [analysisRuns, 'create delete get list patch update watch'],
    [experiments, 'create delete get list patch update watch'],
    [analysisTemplates, 'get list watch'],
    [clusterAnalysisTemplates, 'get list watch'],
    [replicaSets, 'create delete get list patch update watch'],
    [jobs, 'create delete get list patch watch'],
  ])('for $plural', ({ group, plural }, verbs) => {
    expect(verbsOf(group, plural).join(' ')).toBe(verbs);
  });

  it('reach the status and the finalizers of a Canary', () => {
    expect(verbsOf('flagger.app', 'canaries/status')).toContain('patch');
    expect(verbsOf('flagger.app', 'canaries/finalizers')).toEqual(['update']);
  });

  it('are never everything', () => {
    expect(JSON.stringify(rules)).not.toContain('*');
  });
});

describe('the load tester', () => {
  const tester = only(documents<Deployment>('loadtester/deployment.yaml'));
  const controller = only(documents<Deployment>('controller/deployment.yaml'));

  it('is reached by the controller alone', () => {
    const { spec } = only(documents<Policy>('loadtester/network-policy.yaml'));
    expect(spec.podSelector).toEqual({ matchLabels: tester.spec.template.metadata.labels });
    expect(spec.policyTypes).toEqual(['Ingress']);
    expect(spec.ingress).toEqual([
      {
        from: [
          {
            namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': controller.metadata.namespace } },
            podSelector: { matchLabels: controller.spec.template.metadata.labels },
          },
        ],
        ports: [{ port: 'http', protocol: 'TCP' }],
      },
    ]);
  });

  it('holds no key to the cluster', () => {
    expect(tester.spec.template.spec.automountServiceAccountToken).toBe(false);
    expect(argsOf(tester.spec.template.spec)[0]).toBe('loadtester');
  });
});

describe('the examples', () => {
  it('name nothing that does not work', () => {
    const target = only(documents<Workload>('examples/deployment.yaml'));
    const template = readTemplate();
    const canary = readCanary();
    const problems = validateCanary(canary, {
      meshProvider: 'gatewayapi:v1',
      noCrossNamespaceRefs: true,
      trafficProviders: Object.keys(routers),
      metricProviders: Object.keys(providers),
      target,
      hasAlertProvider: () => true,
      findTemplate: ({ namespace, name }) =>
        namespace === template.metadata.namespace && name === template.metadata.name ? template : undefined,
      parsesQuery: (query, { interval = '', templateVariables = {} }) => {
        const names = { name: 'podinfo', target: 'podinfo', service: 'podinfo', ingress: 'podinfo', route: 'podinfo' };
        const rendered = renderQuery(query, { ...names, namespace: 'test', interval, variables: templateVariables });
        if (rendered.ok) parseQuery(rendered.query);
        return rendered.ok || rendered.message;
      },
    });
    expect(problems.map(describeProblem)).toEqual([]);
    expect(canary.spec.targetRef).toMatchObject({ kind: target.kind, name: target.metadata.name });
  });
});

function readCanary(): Canary {
  const parsed = parseCanary(only(documents('examples/canary.yaml')));
  if (!parsed.ok) throw new Error(parsed.problems.map(describeProblem).join('; '));
  return parsed.canary;
}

function readTemplate(): MetricTemplate {
  const parsed = parseMetricTemplate(only(documents('examples/metric-template.yaml')));
  if (!parsed.ok) throw new Error(parsed.problems.map(describeProblem).join('; '));
  return parsed.template;
}

function argsOf(pod: PodSpec): readonly string[] {
  const args = pod.containers[0]?.['args'];
  return Array.isArray(args) ? args.map(String) : [];
}
