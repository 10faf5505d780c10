import { describe, expect, it } from 'vitest';
import { rolloutWith } from './rollout-with.ts';
import { validateSpec } from './validation.ts';

interface Change {
  readonly metadata?: object;
  readonly spec?: object;
}

const labels = { app: 'web' };

const withTemplate = ({ metadata = { labels }, spec = {} }: Change) =>
  rolloutWith({ template: { metadata, spec: { containers: [{ name: 'web', image: 'web:1' }], ...spec } } });

// The texts are those that Kubernetes 1.34 gave for these templates.
describe('a pod template', () => {
  it.each<[string, Change, string]>([
    [
      'a volume without a name',
      { spec: { volumes: [{ name: '', emptyDir: {} }] } },
      'spec.template.spec.volumes[0].name: Required value',
    ],
    [
      'a bad name of a volume',
      { spec: { volumes: [{ name: 'V_', emptyDir: {} }] } },
      "spec.template.spec.volumes[0].name: Invalid value: \"V_\": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
    ],
    [
      'two volumes of one name',
      {
        spec: {
          volumes: [
            { name: 'v', emptyDir: {} },
            { name: 'v', emptyDir: {} },
          ],
        },
      },
      'spec.template.spec.volumes[1].name: Duplicate value: "v"',
    ],
    [
      'a volume of two types',
      { spec: { volumes: [{ name: 'v', secret: { secretName: 's' }, configMap: { name: 'c' } }] } },
      'spec.template.spec.volumes[0].configMap: Forbidden: may not specify more than 1 volume type',
    ],
    [
      'a ConfigMap without a name',
      { spec: { volumes: [{ name: 'v', configMap: {} }] } },
      'spec.template.spec.volumes[0].configMap.name: Required value',
    ],
    [
      'a Secret without a name',
      { spec: { volumes: [{ name: 'v', secret: {} }] } },
      'spec.template.spec.volumes[0].secret.secretName: Required value',
    ],
    [
      'a claim without a name',
      { spec: { volumes: [{ name: 'v', persistentVolumeClaim: {} }] } },
      'spec.template.spec.volumes[0].persistentVolumeClaim.claimName: Required value',
    ],
    [
      'a host path without a path',
      { spec: { volumes: [{ name: 'v', hostPath: {} }] } },
      'spec.template.spec.volumes[0].hostPath.path: Required value',
    ],
    [
      'a host path that goes up',
      { spec: { volumes: [{ name: 'v', hostPath: { path: '/a/../b' } }] } },
      'spec.template.spec.volumes[0].hostPath.path: Invalid value: "/a/../b": must not contain \'..\'',
    ],
    [
      'a mode',
      { spec: { volumes: [{ name: 'v', configMap: { name: 'c', defaultMode: 9999 } }] } },
      'spec.template.spec.volumes[0].configMap.defaultMode: Invalid value: 9999: must be a number between 0 and 0777 (octal), both inclusive',
    ],
    [
      'pods that do not restart',
      { spec: { restartPolicy: 'Never' } },
      'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
    ],
    [
      'a restart policy',
      { spec: { restartPolicy: 'Foo' } },
      'spec.template.spec.restartPolicy: Unsupported value: "Foo": supported values: "Always", "OnFailure", "Never"',
    ],
    [
      'a DNS policy',
      { spec: { dnsPolicy: 'Foo' } },
      'spec.template.spec.dnsPolicy: Unsupported value: "Foo": supported values: "ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"',
    ],
    [
      'no DNS at all',
      { spec: { dnsPolicy: 'None' } },
      'spec.template.spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None',
    ],
    [
      'a bad key of a node',
      { spec: { nodeSelector: { 'a b': 'c' } } },
      "spec.template.spec.nodeSelector: Invalid value: \"a b\": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
    ],
    [
      'a bad name of a service account',
      { spec: { serviceAccountName: 'A_' } },
      "spec.template.spec.serviceAccountName: Invalid value: \"A_\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
    ],
    [
      'a host name with a dot',
      { spec: { hostname: 'a.b' } },
      'spec.template.spec.hostname: Invalid value: "a.b": must not contain dots',
    ],
    [
      'a deadline of pods',
      { spec: { activeDeadlineSeconds: 5 } },
      'spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in ReplicaSet is not Supported',
    ],
    [
      'ephemeral containers',
      { spec: { ephemeralContainers: [{ name: 'e', image: 'i' }] } },
      'spec.template.spec.ephemeralContainers: Forbidden: ephemeral containers not allowed in pod template',
    ],
    [
      'a bad key of a label',
      { metadata: { labels: { app: 'web', 'a b': 'c' } } },
      "spec.template.labels: Invalid value: \"a b\": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
    ],
    [
      'a bad value of a label',
      { metadata: { labels: { app: 'web', a: 'c d' } } },
      "spec.template.labels: Invalid value: \"c d\": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
    ],
    [
      'a bad key of an annotation',
      { metadata: { labels: { app: 'web' }, annotations: { 'a b': 'c d' } } },
      "spec.template.annotations: Invalid value: \"a b\": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
    ],
    [
      'an init container of the same name',
      { spec: { initContainers: [{ name: 'web', image: 'i' }] } },
      'spec.template.spec.initContainers[0].name: Duplicate value: "web"',
    ],
    [
      'an init container without an image',
      { spec: { initContainers: [{ name: 'init' }] } },
      'spec.template.spec.initContainers[0].image: Required value',
    ],
    [
      'a probe of an init container',
      { spec: { initContainers: [{ name: 'init', image: 'i', readinessProbe: { tcpSocket: { port: 80 } } }] } },
      'spec.template.spec.initContainers[0].readinessProbe: Forbidden: may not be set for init containers without restartPolicy=Always',
    ],
    [
      'a restart policy of an init container',
      { spec: { initContainers: [{ name: 'init', image: 'i', restartPolicy: 'Never' }] } },
      'spec.template.spec.initContainers[0].restartPolicy: Unsupported value: "Never": supported values: "Always"',
    ],
    [
      'an operator of a toleration',
      { spec: { tolerations: [{ key: 'a', operator: 'Foo' }] } },
      'spec.template.spec.tolerations[0].operator: Unsupported value: "Foo": supported values: "Equal", "Exists"',
    ],
    [
      'a toleration of everything that wants a value',
      { spec: { tolerations: [{ operator: 'Equal', value: 'x' }] } },
      'spec.template.spec.tolerations[0].operator: Invalid value: "Equal": operator must be Exists when `key` is empty, which means "match all values and all keys"',
    ],
    [
      'a skew of 0',
      { spec: { topologySpreadConstraints: [{ maxSkew: 0, topologyKey: '', whenUnsatisfiable: 'Foo' }] } },
      'spec.template.spec.topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero',
    ],
    [
      'no topology key',
      {
        spec: {
          affinity: {
            podAntiAffinity: {
              requiredDuringSchedulingIgnoredDuringExecution: [
                { labelSelector: { matchLabels: { a: 'b' } }, topologyKey: '' },
              ],
            },
          },
        },
      },
      'spec.template.spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey: Required value: can not be empty',
    ],
    [
      'a weight out of range',
      {
        spec: {
          affinity: {
            podAntiAffinity: {
              preferredDuringSchedulingIgnoredDuringExecution: [
                { weight: 0, podAffinityTerm: { labelSelector: { matchLabels: { a: 'b' } }, topologyKey: 'x' } },
              ],
            },
          },
        },
      },
      'spec.template.spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight: Invalid value: 0: must be in the range 1-100',
    ],
    [
      'no node at all',
      {
        spec: {
          affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [] } } },
        },
      },
      'spec.template.spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms: Required value: must have at least one node selector term',
    ],
    [
      'an operator of a node',
      {
        spec: {
          affinity: {
            nodeAffinity: {
              requiredDuringSchedulingIgnoredDuringExecution: {
                nodeSelectorTerms: [{ matchExpressions: [{ key: 'a', operator: 'Foo' }] }],
              },
            },
          },
        },
      },
      'spec.template.spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0].operator: Invalid value: "Foo": not a valid selector operator',
    ],
    [
      'an alias of no address',
      { spec: { hostAliases: [{ ip: 'x', hostnames: ['a'] }] } },
      'spec.template.spec.hostAliases[0].ip: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
    ],
  ])('is refused with %s', (_name, change, problem) => {
    expect(validateSpec(withTemplate(change))).toBe(problem);
  });

  it.each<[string, object]>([
    ['a privileged container', { containers: [{ name: 'web', image: 'w', securityContext: { privileged: true } }] }],
    ['a negative time to end', { terminationGracePeriodSeconds: -1 }],
    ['a volume without a type', { volumes: [{ name: 'v' }] }],
    [
      'as much as the limit, written in another way',
      { containers: [{ name: 'web', image: 'w', resources: { limits: { cpu: 1 }, requests: { cpu: '1000m' } } }] },
    ],
  ])('may have %s', (_name, spec) => {
    expect(validateSpec(withTemplate({ spec }))).toBeUndefined();
  });

  it('is looked at whatever it is made of', () => {
    const spec = { containers: [{ name: 7, image: 'w', env: 'x', ports: [7] }, 'x'], volumes: { a: 1 }, affinity: [] };
    expect(validateSpec(withTemplate({ spec }))).toContain('spec.template.spec.containers[0].name: Required value');
  });
});
