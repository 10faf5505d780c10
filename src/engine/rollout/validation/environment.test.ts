import { describe, expect, it } from 'vitest';
import { rolloutWith } from './rollout-with.ts';
import { validateSpec } from './validation.ts';

const withContainers = (spec: object) => rolloutWith({ template: { metadata: { labels: { app: 'web' } }, spec } });

// The texts are those that Kubernetes 1.34 gave for these templates.
describe('the environment, mounts and resources of a container', () => {
  it.each<[string, object, string]>([
    [
      'a variable without a name',
      { containers: [{ name: 'web', image: 'web:1', env: [{ name: '', value: 'x' }] }] },
      'spec.template.spec.containers[0].env[0].name: Required value',
    ],
    [
      'a bad name of a variable',
      { containers: [{ name: 'web', image: 'web:1', env: [{ name: 'a=b', value: 'x' }] }] },
      "spec.template.spec.containers[0].env[0].name: Invalid value: \"a=b\": a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', and must not start with a digit (e.g. 'my.env-name',  or 'MY_ENV.NAME',  or 'MyEnvName1', regex used for validation is '[-._a-zA-Z][-._a-zA-Z0-9]*')",
    ],
    [
      'a variable with value and source',
      {
        containers: [
          {
            name: 'web',
            image: 'web:1',
            env: [{ name: 'a', value: 'x', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }],
          },
        ],
      },
      'spec.template.spec.containers[0].env[0].valueFrom: Invalid value: "": may not be specified when `value` is not empty',
    ],
    [
      'a variable with an empty source',
      { containers: [{ name: 'web', image: 'web:1', env: [{ name: 'a', valueFrom: {} }] }] },
      'spec.template.spec.containers[0].env[0].valueFrom: Invalid value: "": must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`',
    ],
    [
      'a variable with two sources',
      {
        containers: [
          {
            name: 'web',
            image: 'web:1',
            env: [
              {
                name: 'a',
                valueFrom: { secretKeyRef: { name: 's', key: 'k' }, configMapKeyRef: { name: 's', key: 'k' } },
              },
            ],
          },
        ],
      },
      'spec.template.spec.containers[0].env[0].valueFrom: Invalid value: "": may not have more than one field specified at a time',
    ],
    [
      'a variable of no Secret',
      {
        containers: [
          { name: 'web', image: 'web:1', env: [{ name: 'a', valueFrom: { secretKeyRef: { name: '', key: '' } } }] },
        ],
      },
      "spec.template.spec.containers[0].env[0].valueFrom.secretKeyRef.name: Invalid value: \"\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
    ],
    [
      'a bad key of a Secret',
      {
        containers: [
          { name: 'web', image: 'web:1', env: [{ name: 'a', valueFrom: { secretKeyRef: { name: 's', key: 'a b' } } }] },
        ],
      },
      "spec.template.spec.containers[0].env[0].valueFrom.secretKeyRef.key: Invalid value: \"a b\": a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
    ],
    [
      'a field that pods do not have',
      {
        containers: [
          { name: 'web', image: 'web:1', env: [{ name: 'a', valueFrom: { fieldRef: { fieldPath: 'metadata.foo' } } }] },
        ],
      },
      'spec.template.spec.containers[0].env[0].valueFrom.fieldRef.fieldPath: Invalid value: "metadata.foo": error converting fieldPath: field label not supported: metadata.foo',
    ],
    [
      'variables from nowhere',
      { containers: [{ name: 'web', image: 'web:1', envFrom: [{}] }] },
      'spec.template.spec.containers[0].envFrom: Invalid value: "": must specify one of: `configMapRef` or `secretRef`',
    ],
    [
      'variables from a bad name',
      { containers: [{ name: 'web', image: 'web:1', envFrom: [{ configMapRef: { name: 'A_' } }] }] },
      "spec.template.spec.containers[0].envFrom[0].configMapRef.name: Invalid value: \"A_\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
    ],
    [
      'a bad prefix',
      { containers: [{ name: 'web', image: 'web:1', envFrom: [{ prefix: '=', configMapRef: { name: 'a' } }] }] },
      "spec.template.spec.containers[0].envFrom[0].prefix: Invalid value: \"=\": a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', and must not start with a digit (e.g. 'my.env-name',  or 'MY_ENV.NAME',  or 'MyEnvName1', regex used for validation is '[-._a-zA-Z][-._a-zA-Z0-9]*')",
    ],
    [
      'a volume that is not there',
      { containers: [{ name: 'web', image: 'web:1', volumeMounts: [{ name: 'v', mountPath: '/x' }] }] },
      'spec.template.spec.containers[0].volumeMounts[0].name: Not found: "v"',
    ],
    [
      'a mount without a path',
      {
        containers: [{ name: 'w', image: 'i', volumeMounts: [{ name: 'v', mountPath: '' }] }],
        volumes: [{ name: 'v', emptyDir: {} }],
      },
      'spec.template.spec.containers[0].volumeMounts[0].mountPath: Required value',
    ],
    [
      'one path twice',
      {
        containers: [
          {
            name: 'w',
            image: 'i',
            volumeMounts: [
              { name: 'v', mountPath: '/x' },
              { name: 'v', mountPath: '/x' },
            ],
          },
        ],
        volumes: [{ name: 'v', emptyDir: {} }],
      },
      'spec.template.spec.containers[0].volumeMounts[1].mountPath: Invalid value: "/x": must be unique',
    ],
    [
      'an absolute sub-path',
      {
        containers: [{ name: 'w', image: 'i', volumeMounts: [{ name: 'v', mountPath: '/x', subPath: '/a' }] }],
        volumes: [{ name: 'v', emptyDir: {} }],
      },
      'spec.template.spec.containers[0].volumeMounts.subPath: Invalid value: "/a": must be a relative path',
    ],
    [
      'more CPU than the limit',
      {
        containers: [
          { name: 'web', image: 'web:1', resources: { limits: { cpu: '100m' }, requests: { cpu: '200m' } } },
        ],
      },
      'spec.template.spec.containers[0].resources.requests: Invalid value: "200m": must be less than or equal to cpu limit of 100m',
    ],
    [
      'more memory than the limit',
      {
        containers: [
          { name: 'web', image: 'web:1', resources: { limits: { memory: '1Gi' }, requests: { memory: '2048Mi' } } },
        ],
      },
      'spec.template.spec.containers[0].resources.requests: Invalid value: "2Gi": must be less than or equal to memory limit of 1Gi',
    ],
    [
      'a negative limit',
      { containers: [{ name: 'web', image: 'web:1', resources: { limits: { cpu: '-1' } } }] },
      'spec.template.spec.containers[0].resources.limits[cpu]: Invalid value: "-1": must be greater than or equal to 0',
    ],
    [
      'an unknown resource',
      { containers: [{ name: 'web', image: 'web:1', resources: { limits: { foo: '1' } } }] },
      'spec.template.spec.containers[0].resources.limits[foo]: Invalid value: "foo": must be a standard resource type or fully qualified',
    ],
    [
      'a device without a limit',
      { containers: [{ name: 'web', image: 'web:1', resources: { requests: { 'a.b/gpu': '1' } } }] },
      'spec.template.spec.containers[0].resources.limits: Required value: Limit must be set for non overcommitable resources',
    ],
    [
      'another number of devices',
      {
        containers: [
          { name: 'web', image: 'web:1', resources: { limits: { 'a.b/gpu': '2' }, requests: { 'a.b/gpu': '1' } } },
        ],
      },
      'spec.template.spec.containers[0].resources.requests: Invalid value: "1": must be equal to a.b/gpu limit of 2',
    ],
    [
      'half a device',
      { containers: [{ name: 'web', image: 'web:1', resources: { limits: { 'a.b/gpu': '0.5' } } }] },
      'spec.template.spec.containers[0].resources.limits[a.b/gpu]: Invalid value: "500m": must be an integer',
    ],
    [
      'huge pages alone',
      { containers: [{ name: 'web', image: 'web:1', resources: { limits: { 'hugepages-2Mi': '2Mi' } } }] },
      'spec.template.spec.containers[0].resources: Forbidden: HugePages require cpu or memory',
    ],
  ])('is refused with %s', (_name, spec, problem) => {
    expect(validateSpec(withContainers(spec))).toBe(problem);
  });
});
