/** The CRDs that Serin installs: each kind with its columns. */
import { alertProviderSchema } from './alert-provider.ts';
import { canarySchema } from './canary.ts';
import { customResourceDefinition, type CrdSource, type PrinterColumn } from './crd.ts';
import type { KubeObject, Resource } from './kubernetes.ts';
import { metricTemplateSchema } from './metric-template.ts';

const flagger = (plural: string, kind: string): Resource => ({
  group: 'flagger.app',
  version: 'v1beta1',
  plural,
  kind,
  namespaced: true,
});

const canaryColumns: readonly PrinterColumn[] = [
  { name: 'Status', type: 'string', jsonPath: '.status.phase' },
  { name: 'Weight', type: 'string', jsonPath: '.status.canaryWeight' },
  { name: 'Suspended', type: 'boolean', jsonPath: '.spec.suspend', priority: 1 },
  { name: 'FailedChecks', type: 'string', jsonPath: '.status.failedChecks', priority: 1 },
  { name: 'Interval', type: 'string', jsonPath: '.spec.analysis.interval', priority: 1 },
  { name: 'Mirror', type: 'boolean', jsonPath: '.spec.analysis.mirror', priority: 1 },
  { name: 'StepWeight', type: 'string', jsonPath: '.spec.analysis.stepWeight', priority: 1 },
  { name: 'StepWeights', type: 'string', jsonPath: '.spec.analysis.stepWeights', priority: 1 },
  { name: 'MaxWeight', type: 'string', jsonPath: '.spec.analysis.maxWeight', priority: 1 },
  { name: 'LastTransitionTime', type: 'string', jsonPath: '.status.lastTransitionTime' },
];

/** Our kinds, with all that their CRDs say. */
export const crdSources: readonly CrdSource[] = [
  {
    resource: flagger('canaries', 'Canary'),
    schema: canarySchema,
    description: 'Tries a new version of a workload before it replaces the old one.',
    columns: canaryColumns,
  },
  {
    resource: flagger('metrictemplates', 'MetricTemplate'),
    schema: metricTemplateSchema,
    description: 'A query to a metric server that many Canaries can share.',
    columns: [{ name: 'Provider', type: 'string', jsonPath: '.spec.provider.type' }],
  },
  {
    resource: flagger('alertproviders', 'AlertProvider'),
    schema: alertProviderSchema,
    description: 'A chat service that alerts are sent to.',
    columns: [{ name: 'Type', type: 'string', jsonPath: '.spec.type' }],
  },
];

export const customResourceDefinitions: readonly KubeObject[] = crdSources.map(customResourceDefinition);
