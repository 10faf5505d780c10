import { describe, expect, it } from 'vitest';
import { rolloutWith } from './rollout-with.ts';
import { validateSpec } from './validation.ts';

const withContainers = (spec: object) => rolloutWith({ template: { metadata: { labels: { app: 'web' } }, spec } });

// The texts are those that Kubernetes 1.34 gave for these templates.
describe('a container', () => {
  it.each<[string, object, string]>([
    ['no containers', { containers: [] }, 'spec.template.spec.containers: Required value'],
    [
      'no name',
      { containers: [{ name: '', image: 'web:1' }] },
      'spec.template.spec.containers[0].name: Required value',
    ],
    [
      'a bad name',
      { containers: [{ name: 'We_b', image: 'web:1' }] },
      "spec.template.spec.containers[0].name: Invalid value: \"We_b\": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
    ],
    [
      'a name with a dot',
      { containers: [{ name: 'we.b', image: 'web:1' }] },
      'spec.template.spec.containers[0].name: Invalid value: "we.b": must not contain dots',
    ],
    [
      'a long name',
      { containers: [{ name: 'wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww', image: 'web:1' }] },
      'spec.template.spec.containers[0].name: Invalid value: "wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww": must be no more than 63 characters',
    ],
    [
      'no image',
      { containers: [{ name: 'web', image: '' }] },
      'spec.template.spec.containers[0].image: Required value',
    ],
    [
      'two containers of one name',
      {
        containers: [
          { name: 'a', image: 'i' },
          { name: 'a', image: 'i' },
        ],
      },
      'spec.template.spec.containers[1].name: Duplicate value: "a"',
    ],
    [
      'no port number',
      { containers: [{ name: 'web', image: 'web:1', ports: [{ containerPort: 0 }] }] },
      'spec.template.spec.containers[0].ports[0].containerPort: Required value',
    ],
    [
      'a port number above 65535',
      { containers: [{ name: 'web', image: 'web:1', ports: [{ containerPort: 70000 }] }] },
      'spec.template.spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive',
    ],
    [
      'a host port above 65535',
      { containers: [{ name: 'web', image: 'web:1', ports: [{ containerPort: 80, hostPort: 70000 }] }] },
      'spec.template.spec.containers[0].ports[0].hostPort: Invalid value: 70000: must be between 1 and 65535, inclusive',
    ],
    [
      'two ports of one name',
      {
        containers: [
          {
            name: 'web',
            image: 'web:1',
            ports: [
              { name: 'http', containerPort: 80 },
              { name: 'http', containerPort: 81 },
            ],
          },
        ],
      },
      'spec.template.spec.containers[0].ports[1].name: Duplicate value: "http"',
    ],
    [
      'a bad port name',
      { containers: [{ name: 'web', image: 'web:1', ports: [{ name: 'ht_tp', containerPort: 80 }] }] },
      'spec.template.spec.containers[0].ports[0].name: Invalid value: "ht_tp": must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)',
    ],
    [
      'a long port name',
      { containers: [{ name: 'web', image: 'web:1', ports: [{ name: 'a234567890123456', containerPort: 80 }] }] },
      'spec.template.spec.containers[0].ports[0].name: Invalid value: "a234567890123456": must be no more than 15 characters',
    ],
    [
      'a port name without a letter',
      { containers: [{ name: 'web', image: 'web:1', ports: [{ name: '80', containerPort: 80 }] }] },
      'spec.template.spec.containers[0].ports[0].name: Invalid value: "80": must contain at least one letter (a-z)',
    ],
    [
      'a protocol',
      { containers: [{ name: 'web', image: 'web:1', ports: [{ containerPort: 80, protocol: 'HTTP' }] }] },
      'spec.template.spec.containers[0].ports[0].protocol: Unsupported value: "HTTP": supported values: "SCTP", "TCP", "UDP"',
    ],
    [
      'one host port twice',
      {
        containers: [
          {
            name: 'web',
            image: 'web:1',
            ports: [
              { containerPort: 80, hostPort: 80 },
              { containerPort: 81, hostPort: 80 },
            ],
          },
        ],
      },
      'spec.template.spec.containers[0].ports[1].hostPort: Duplicate value: "TCP//80"',
    ],
    [
      'a pull policy',
      { containers: [{ name: 'web', image: 'web:1', imagePullPolicy: 'Sometimes' }] },
      'spec.template.spec.containers[0].imagePullPolicy: Unsupported value: "Sometimes": supported values: "Always", "IfNotPresent", "Never"',
    ],
    [
      'a probe that does nothing',
      { containers: [{ name: 'web', image: 'web:1', livenessProbe: {} }] },
      'spec.template.spec.containers[0].livenessProbe: Required value: must specify a handler type',
    ],
    [
      'a probe that does two things',
      {
        containers: [
          { name: 'web', image: 'web:1', livenessProbe: { exec: { command: ['a'] }, tcpSocket: { port: 80 } } },
        ],
      },
      'spec.template.spec.containers[0].livenessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type',
    ],
    [
      'a probe without a command',
      { containers: [{ name: 'web', image: 'web:1', livenessProbe: { exec: { command: [] } } }] },
      'spec.template.spec.containers[0].livenessProbe.exec.command: Required value',
    ],
    [
      'a probe without a port',
      { containers: [{ name: 'web', image: 'web:1', livenessProbe: { httpGet: { path: '/', port: 0 } } }] },
      'spec.template.spec.containers[0].livenessProbe.httpGet.port: Invalid value: 0: must be between 1 and 65535, inclusive',
    ],
    [
      'a scheme',
      {
        containers: [
          { name: 'web', image: 'web:1', livenessProbe: { httpGet: { path: '/', port: 80, scheme: 'FTP' } } },
        ],
      },
      'spec.template.spec.containers[0].livenessProbe.httpGet.scheme: Unsupported value: "FTP": supported values: "HTTP", "HTTPS"',
    ],
    [
      'a negative period',
      {
        containers: [
          {
            name: 'web',
            image: 'web:1',
            readinessProbe: {
              tcpSocket: { port: 80 },
              periodSeconds: -1,
              initialDelaySeconds: -1,
              timeoutSeconds: -1,
              failureThreshold: -1,
              successThreshold: -1,
            },
          },
        ],
      },
      'spec.template.spec.containers[0].readinessProbe.initialDelaySeconds: Invalid value: -1: must be greater than or equal to 0',
    ],
    [
      'two successes of a liveness probe',
      {
        containers: [{ name: 'web', image: 'web:1', livenessProbe: { tcpSocket: { port: 80 }, successThreshold: 2 } }],
      },
      'spec.template.spec.containers[0].livenessProbe.successThreshold: Invalid value: 2: must be 1',
    ],
    [
      'a restart policy of a container',
      { containers: [{ name: 'web', image: 'web:1', restartPolicy: 'Always' }] },
      'spec.template.spec.containers[0].restartPolicy: Forbidden: may not be set for non-init containers',
    ],
    [
      'a negative user',
      { containers: [{ name: 'web', image: 'web:1', securityContext: { runAsUser: -1 } }] },
      'spec.template.spec.containers[0].securityContext.runAsUser: Invalid value: -1: must be between 0 and 2147483647, inclusive',
    ],
    [
      'a hook that does nothing',
      { containers: [{ name: 'web', image: 'web:1', lifecycle: { preStop: {} } }] },
      'spec.template.spec.containers[0].lifecycle.preStop: Required value: must specify a handler type',
    ],
    [
      'a message policy',
      { containers: [{ name: 'web', image: 'web:1', terminationMessagePolicy: 'Foo' }] },
      'spec.template.spec.containers[0].terminationMessagePolicy: Unsupported value: "Foo": supported values: "File", "FallbackToLogsOnError"',
    ],
  ])('is refused with %s', (_name, spec, problem) => {
    expect(validateSpec(withContainers(spec))).toBe(problem);
  });
});
