/** The CRDs that Serin installs: each kind with its columns. */
import { alertProviderSchema } from './alert-provider.ts';
import { analysisRunSchema } from './analysis-run.ts';
import { analysisTemplateSchema } from './analysis-template.ts';
import { canarySchema } from './canary.ts';
import { customResourceDefinition, type CrdSource, type PrinterColumn } from './crd.ts';
import { experimentSchema } from './experiment.ts';
import type { KubeObject, Resource } from './kubernetes.ts';
import { metricTemplateSchema } from './metric-template.ts';
import { rolloutSchema } from './rollout.ts';

const flagger = (plural: string, kind: string): Resource => ({
  group: 'flagger.app',
  version: 'v1beta1',
  plural,
  kind,
  namespaced: true,
});

const argo = (plural: string, kind: string): Resource => ({
  group: 'argoproj.io',
  version: 'v1alpha1',
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

const phaseColumn: PrinterColumn = { name: 'Status', type: 'string', jsonPath: '.status.phase' };
const ageColumn: PrinterColumn = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' };

/** Status and spec are written together, as in the original: an AnalysisRun can be made with a status. */
const withoutStatus = (shortName: string) => ({ shortNames: [shortName], required: ['spec'], subresources: {} });

const rolloutColumns: readonly PrinterColumn[] = [
  { name: 'Desired', type: 'integer', jsonPath: '.spec.replicas' },
  { name: 'Current', type: 'integer', jsonPath: '.status.replicas' },
  { name: 'Up-to-date', type: 'integer', jsonPath: '.status.updatedReplicas' },
  { name: 'Available', type: 'integer', jsonPath: '.status.availableReplicas' },
  ageColumn,
];

/** Our kinds, with all that their CRDs say. */
export const crdSources: readonly CrdSource[] = [
  {
    resource: flagger('canaries', 'Canary'),
    schema: canarySchema,
    description: 'Tries a new version of a workload before it replaces the old one.',
    columns: canaryColumns,
    categories: ['all'],
  },
  {
    resource: flagger('metrictemplates', 'MetricTemplate'),
    schema: metricTemplateSchema,
    description: 'A query to a metric server that many Canaries can share.',
    columns: [{ name: 'Provider', type: 'string', jsonPath: '.spec.provider.type' }],
    categories: ['all'],
  },
  {
    resource: flagger('alertproviders', 'AlertProvider'),
    schema: alertProviderSchema,
    description: 'A chat service that alerts are sent to.',
    columns: [{ name: 'Type', type: 'string', jsonPath: '.spec.type' }],
    categories: ['all'],
  },
  {
    resource: argo('rollouts', 'Rollout'),
    schema: rolloutSchema,
    description: 'Runs pods as a Deployment does, and tries a new version before it replaces the old one.',
    columns: rolloutColumns,
    shortNames: ['ro'],
    required: ['spec'],
    subresources: {
      status: {},
      scale: {
        specReplicasPath: '.spec.replicas',
        statusReplicasPath: '.status.HPAReplicas',
        labelSelectorPath: '.status.selector',
      },
    },
  },
  {
    resource: argo('analysisruns', 'AnalysisRun'),
    schema: analysisRunSchema,
    description: 'Measures metrics until they agree on a verdict.',
    columns: [phaseColumn, ageColumn],
    ...withoutStatus('ar'),
  },
  {
    resource: argo('analysistemplates', 'AnalysisTemplate'),
    schema: analysisTemplateSchema,
    description: 'Metrics that the analyses of a namespace can share.',
    columns: [ageColumn],
    ...withoutStatus('at'),
  },
  {
    resource: { ...argo('clusteranalysistemplates', 'ClusterAnalysisTemplate'), namespaced: false },
    schema: analysisTemplateSchema,
    description: 'Metrics that all analyses of a cluster can share.',
    columns: [ageColumn],
    ...withoutStatus('cat'),
  },
  {
    resource: argo('experiments', 'Experiment'),
    schema: experimentSchema,
    description: 'Runs pods of some versions side by side for a while, and measures them.',
    columns: [phaseColumn, ageColumn],
    ...withoutStatus('exp'),
  },
];

export const customResourceDefinitions: readonly KubeObject[] = crdSources.map(customResourceDefinition);
