import { describe, expect, it } from 'vitest';
import { rfc3339 } from '#api/time.ts';
import { hashLabel } from '../rollout/replica-sets/replica-set.ts';
import { after, aTemplate, anExperiment, check, play, start } from './played-experiment.ts';
import { newReplicaSet } from './new-objects.ts';

const at = (seconds: number): string => rfc3339(start + seconds * 1000);

describe('an Experiment', () => {
  it('[analysis-39] runs its pods for as long as it is told, then takes them away', () => {
    const { log, status, world } = play(
      { templates: [aTemplate('a'), aTemplate('b')], duration: '30s', scaleDownDelaySeconds: 0 },
      { until: 40 },
    );
    expect(log).toEqual([
      '0: created ReplicaSet exp-a',
      '0: created ReplicaSet exp-b',
      "0: experiment Normal TemplateProgressing: Template 'a' transitioned from  -> Progressing",
      "0: experiment Normal TemplateProgressing: Template 'b' transitioned from  -> Progressing",
      '0: experiment Normal ExperimentPending: Experiment transitioned from  -> Pending',
      '0: exp-a spec.replicas = 1',
      '0: experiment Normal ScalingReplicaSet: Scaled up ReplicaSet exp-a from 0 to 1',
      '0: exp-b spec.replicas = 1',
      '0: experiment Normal ScalingReplicaSet: Scaled up ReplicaSet exp-b from 0 to 1',
      "0: experiment Normal TemplateRunning: Template 'a' transitioned from Progressing -> Running",
      "0: experiment Normal TemplateRunning: Template 'b' transitioned from Progressing -> Running",
      '0: experiment Normal ExperimentRunning: Experiment transitioned from Pending -> Running',
      "30: experiment Normal TemplateSuccessful: Template 'a' transitioned from Running -> Successful",
      "30: experiment Normal TemplateSuccessful: Template 'b' transitioned from Running -> Successful",
      '30: experiment Normal ExperimentSuccessful: Experiment transitioned from Running -> Successful',
      '30: exp-a spec.replicas = 0',
      '30: experiment Normal ScalingReplicaSet: Scaled down ReplicaSet exp-a from 1 to 0',
      '30: exp-b spec.replicas = 0',
      '30: experiment Normal ScalingReplicaSet: Scaled down ReplicaSet exp-b from 1 to 0',
    ]);
    expect(status).toMatchObject({ phase: 'Successful', availableAt: at(0) });
    expect(status.conditions).toMatchObject([
      {
        type: 'Progressing',
        status: 'False',
        reason: 'ExperimentCompleted',
        message: 'Experiment "exp" has successfully ran and completed.',
      },
    ]);
    expect(world.sets.get('exp-a')?.spec.replicas).toBe(0);
  });

  it('[analysis-39] leaves its pods for half a minute by default', () => {
    const { log } = play({ templates: [aTemplate('a')], duration: '30s' }, { until: 70 });
    expect(log.filter((line) => line.includes('exp-a'))).toEqual([
      '0: created ReplicaSet exp-a',
      '0: exp-a spec.replicas = 1',
      '0: experiment Normal ScalingReplicaSet: Scaled up ReplicaSet exp-a from 0 to 1',
      `30: exp-a metadata.annotations.scale-down-deadline = ${at(60)}`,
      '60: exp-a spec.replicas = 0',
      '60: experiment Normal ScalingReplicaSet: Scaled down ReplicaSet exp-a from 1 to 0',
    ]);
  });

  it('[analysis-40] fails when pods do not come up in time', () => {
    const { log, status } = play(
      {
        templates: [aTemplate('a'), aTemplate('b')],
        duration: '1m',
        progressDeadlineSeconds: 10,
        scaleDownDelaySeconds: 1,
      },
      { bad: ['web:a'], until: 20 },
    );
    const message = "Template 'a' exceeded its progressDeadlineSeconds (10)";
    expect(status).toMatchObject({
      phase: 'Failed',
      message,
      templateStatuses: [
        { name: 'a', status: 'Failed', message },
        { name: 'b', status: 'Successful' },
      ],
      conditions: [{ type: 'Progressing', status: 'True', reason: 'ReplicaSetUpdated' }],
    });
    expect(log.filter((line) => line.includes('Failed'))).toEqual([
      `10: experiment Warning TemplateFailed: Template 'a' transitioned from Progressing -> Failed: ${message}`,
      '10: experiment Warning ExperimentFailed: Experiment transitioned from Pending -> Failed',
    ]);
    expect(log).toContain('11: exp-b spec.replicas = 0');
  });

  it('[analysis-41] ends when the analyses that it needs have succeeded', () => {
    const { status, world } = play(
      {
        templates: [aTemplate('a')],
        analyses: [
          {
            name: 'x',
            templateName: 'check',
            requiredForCompletion: true,
            args: [{ name: 'hash', value: '{{templates.a.podTemplateHash}}' }],
          },
        ],
      },
      { templates: [check], run: after(5, 'Successful'), until: 10 },
    );
    expect(status).toMatchObject({
      phase: 'Successful',
      message: 'Required AnalysisRuns completed',
      analysisRuns: [{ name: 'x', analysisRun: 'exp-x', phase: 'Successful' }],
    });
    const hash = world.sets.get('exp-a')?.metadata.labels?.[hashLabel];
    expect(world.runs.get('exp-x')?.spec.args).toEqual([{ name: 'hash', value: hash }]);
    expect(hash).toMatch(/^[4-9bcdf]+$/);
  });

  it('[analysis-42] ends as the first bad analysis, and terminates the others', () => {
    const { status, world, log } = play(
      {
        templates: [aTemplate('a')],
        analyses: [
          { name: 'x', templateName: 'check' },
          { name: 'y', templateName: 'check' },
        ],
      },
      {
        templates: [check],
        run: (run, age) =>
          run.metadata.name === 'exp-x' ? after(3, 'Failed', 'too many errors')(run, age) : undefined,
        until: 10,
      },
    );
    expect(status).toMatchObject({ phase: 'Failed', message: 'too many errors' });
    expect(world.runs.get('exp-y')?.spec.terminate).toBe(true);
    expect(log).toContain('3: experiment Normal AnalysisRunTerminating: Terminating y (exp-y)');
    expect(log).toContain(
      "3: experiment Warning AnalysisRunFailed: AnalysisRun 'x' transitioned from Running -> Failed: too many errors",
    );
  });

  it.each([
    [{}, `AnalysisTemplate verification failed for analysis 'x': analysistemplate.argoproj.io "gone" not found`],
    [
      { clusterScope: true },
      `ClusterAnalysisTemplate verification failed for analysis 'x': clusteranalysistemplate.argoproj.io "gone" not found`,
    ],
  ])('[analysis-43] ends with an error when a template is missing: %j', (scope, message) => {
    const { status, log } = play(
      { templates: [aTemplate('a')], analyses: [{ name: 'x', templateName: 'gone', ...scope }] },
      { bad: ['web:a'], until: 2 },
    );
    expect(status).toMatchObject({ phase: 'Error', message, analysisRuns: [{ name: 'x', phase: 'Error' }] });
    expect(log).toContain(`0: exp-a metadata.annotations.scale-down-deadline = ${at(30)}`);
  });

  it('does not wait for an analysis that it does not need', () => {
    const { status, world } = play(
      {
        templates: [aTemplate('a')],
        analyses: [
          { name: 'x', templateName: 'check', requiredForCompletion: true },
          { name: 'y', templateName: 'check' },
        ],
      },
      {
        templates: [check],
        run: (run, age) => (run.metadata.name === 'exp-x' ? after(3, 'Successful')(run, age) : undefined),
        until: 10,
      },
    );
    expect(status).toMatchObject({ phase: 'Successful', message: 'Required AnalysisRuns completed' });
    expect(world.runs.get('exp-y')?.spec.terminate).toBe(true);
  });

  it('ends when it is terminated while an analysis that it needs runs', () => {
    const { status } = play(
      { templates: [aTemplate('a')], analyses: [{ name: 'x', templateName: 'check', requiredForCompletion: true }] },
      {
        templates: [check],
        edit: (one, seconds) => (seconds < 5 ? one : { ...one, spec: { ...one.spec, terminate: true } }),
        until: 10,
      },
    );
    expect(status).toMatchObject({ phase: 'Successful', analysisRuns: [{ phase: 'Successful' }] });
  });

  it('is inconclusive with an analysis that is', () => {
    const { status } = play(
      { templates: [aTemplate('a')], analyses: [{ name: 'x', templateName: 'check' }] },
      { templates: [check], run: after(1, 'Inconclusive', 'who knows'), until: 5 },
    );
    expect(status).toMatchObject({ phase: 'Inconclusive', message: 'who knows' });
  });

  it('keeps running on an analysis that it needs when its time is up', () => {
    const { status, log } = play(
      {
        templates: [aTemplate('a')],
        duration: '3s',
        scaleDownDelaySeconds: 0,
        analyses: [{ name: 'x', templateName: 'check', requiredForCompletion: true }],
      },
      { templates: [check], run: after(8, 'Successful'), until: 10 },
    );
    expect(log).toContain('3: exp-a spec.replicas = 0');
    expect(log).toContain(
      '8: experiment Normal ExperimentSuccessful: Experiment transitioned from Running -> Successful',
    );
    expect(status.message).toBe('Required AnalysisRuns completed');
  });

  it('makes a Service for pods with ports, and takes it away with them', () => {
    const container = {
      name: 'c',
      image: 'web:a',
      ports: [
        { name: 'http', containerPort: 8080 },
        { containerPort: 9090, protocol: 'UDP' },
      ],
    };
    const template = aTemplate('a', {
      service: {},
      template: { metadata: { labels: { app: 'a' } }, spec: { containers: [container] } },
    });
    const running = play({ templates: [template], duration: '5s' }, { until: 3 });
    const hash = running.world.sets.get('exp-a')?.metadata.labels?.[hashLabel] ?? '';
    expect(running.world.services.get('exp-a')).toMatchObject({
      metadata: { annotations: { 'experiment.argoproj.io/name': 'exp', 'experiment.argoproj.io/template-name': 'a' } },
      spec: {
        selector: { app: 'a', [hashLabel]: hash },
        ports: [
          { name: 'http', protocol: 'TCP', port: 8080, targetPort: 8080 },
          { protocol: 'UDP', port: 9090, targetPort: 9090 },
        ],
      },
    });
    expect(running.status.templateStatuses).toMatchObject([{ serviceName: 'exp-a', podTemplateHash: hash }]);
    const over = play({ templates: [template], duration: '5s', scaleDownDelaySeconds: 1 }, { until: 10 });
    expect(over.log).toContain('6: deleted Service exp-a');
    expect(over.status.templateStatuses?.[0]).not.toHaveProperty('serviceName');
  });

  it('fails over a Service that belongs to somebody else', () => {
    const template = aTemplate('a', {
      service: { name: 'web' },
      template: { spec: { containers: [{ name: 'c', ports: [{ containerPort: 80 }] }] } },
    });
    const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web' } };
    const { status } = play({ templates: [template] }, { world: { services: new Map([['web', service]]) }, until: 3 });
    expect(status).toMatchObject({
      phase: 'Error',
      message:
        "Failed to create Service web for template 'a': service web already exists and is not owned by experiment template a",
    });
  });

  it('takes another name when that of its ReplicaSet is taken', () => {
    const template = aTemplate('a');
    const foreign = {
      ...newReplicaSet(anExperiment({ templates: [template] }), template),
      metadata: { name: 'exp-a', namespace: 'test' },
    };
    const { status, world } = play(
      { templates: [template] },
      { world: { sets: new Map([['exp-a', foreign]]) }, until: 3 },
    );
    expect(status).toMatchObject({
      phase: 'Running',
      templateStatuses: [{ name: 'a', collisionCount: 1, status: 'Running' }],
    });
    expect([...world.sets.keys()]).toEqual(['exp-a', expect.stringMatching(/^exp-a-[4-9bcdf]+$/)]);
    expect(status.templateStatuses).toHaveLength(1);
  });

  it.each([
    ['create-set', "Failed to create ReplicaSet for template 'a': quota"],
    ['change-set', "Unable to scale ReplicaSet for template 'a' to desired replica count '1': quota"],
    ['create-run', "Failed to create AnalysisRun for analysis 'x': quota"],
  ])('ends with an error when %s is refused', (effect, message) => {
    const { status } = play(
      { templates: [aTemplate('a')], analyses: [{ name: 'x', templateName: 'check' }] },
      { templates: [check], refuse: (one) => (one.do === effect ? 'quota' : undefined), until: 3 },
    );
    expect(status).toMatchObject({ phase: 'Error', message });
  });

  it('says so when a template is edited in vain', () => {
    const { status } = play(
      { templates: [aTemplate('a')] },
      {
        edit: (one, seconds) =>
          seconds < 2
            ? one
            : {
                ...one,
                spec: {
                  templates: [aTemplate('a', { template: { spec: { containers: [{ name: 'c', image: 'web:2' }] } } })],
                },
              },
        until: 4,
      },
    );
    expect(status.conditions).toContainEqual(
      expect.objectContaining({
        type: 'TemplateChanged',
        status: 'True',
        message: "Template 'a' was changed after its ReplicaSet was made: the change has no effect",
      }),
    );
  });

  it('follows a changed number of replicas', () => {
    const { world } = play(
      { templates: [aTemplate('a')] },
      {
        edit: (one, seconds) =>
          seconds < 2 ? one : { ...one, spec: { templates: [aTemplate('a', { replicas: 3 })] } },
        until: 4,
      },
    );
    expect(world.sets.get('exp-a')?.spec.replicas).toBe(3);
  });

  it('tells the Rollout that owns it of its runs', () => {
    const owned = { apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', name: 'web', uid: 'u', controller: true };
    const { log } = play(
      { templates: [aTemplate('a')], analyses: [{ name: 'x', templateName: 'check' }] },
      {
        templates: [check],
        edit: (one) => ({ ...one, metadata: { ...one.metadata, ownerReferences: [owned] } }),
        until: 1,
      },
    );
    expect(log).toContain("0: rollout Warning AnalysisRunPending: AnalysisRun 'x' transitioned from  -> Pending");
  });
});

describe('the spec of an Experiment', () => {
  it.each([
    [
      [aTemplate('a', { selector: {} })],
      'This experiment is selecting all pods at index 0. A non-empty selector is required.',
    ],
    [
      [aTemplate('a', { minReadySeconds: 700 })],
      'MinReadySeconds cannot be longer than ProgressDeadlineSeconds. Check template index 0',
    ],
    [[aTemplate('')], 'Experiment exp has empty template name at index 0'],
    [[aTemplate('a'), aTemplate('a')], "Experiment exp has repeated template name 'a' in templates"],
    [[{ name: 'a', template: aTemplate('a').template }], "Rollout has missing field '.Spec.Templates[0].Selector'"],
  ])('is refused: %#', (templates, message) => {
    const { status, log } = play({ templates }, { until: 1 });
    expect(status).toMatchObject({
      conditions: [{ type: 'InvalidSpec', status: 'True', reason: 'InvalidSpec', message }],
    });
    expect(status.phase).toBeUndefined();
    expect(log).toEqual([]);
  });

  it('may be repaired', () => {
    const { status } = play(
      { templates: [aTemplate('')] },
      { edit: (one, seconds) => (seconds < 2 ? one : { ...one, spec: { templates: [aTemplate('a')] } }), until: 4 },
    );
    expect(status.phase).toBe('Running');
    expect(status.conditions).toMatchObject([{ type: 'Progressing' }]);
  });
});
