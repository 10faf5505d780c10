import { describe, expect, it } from 'vitest';
import { meaningOfTemplate } from './pod-template.ts';

const container = { name: 'app', image: 'app:1', ports: [{ containerPort: 8080 }] };
const template = { metadata: { labels: { app: 'app' } }, spec: { containers: [container] } };

/** The same template as the API server gives it back. */
const defaulted = {
  metadata: { creationTimestamp: null, labels: { app: 'app' } },
  spec: {
    containers: [
      {
        name: 'app',
        image: 'app:1',
        imagePullPolicy: 'IfNotPresent',
        ports: [{ containerPort: 8080, protocol: 'TCP' }],
        resources: {},
        terminationMessagePath: '/dev/termination-log',
        terminationMessagePolicy: 'File',
      },
    ],
    dnsPolicy: 'ClusterFirst',
    restartPolicy: 'Always',
    schedulerName: 'default-scheduler',
    securityContext: {},
    terminationGracePeriodSeconds: 30,
  },
};

const withContainer = (more: object): object => ({ ...template, spec: { containers: [{ ...container, ...more }] } });
const withSpec = (more: object): object => ({ ...template, spec: { ...template.spec, ...more } });

describe('the meaning of a pod template', () => {
  it('is the same before and after the defaults of the API server', () => {
    expect(meaningOfTemplate(defaulted)).toBe(meaningOfTemplate(template));
  });

  it('does not depend on the order of keys', () => {
    expect(meaningOfTemplate({ spec: template.spec, metadata: template.metadata })).toBe(meaningOfTemplate(template));
  });

  it.each<[string, object, object]>([
    [
      'probes',
      withContainer({ readinessProbe: { httpGet: { port: 1 } } }),
      withContainer({
        readinessProbe: {
          httpGet: { port: 1, path: '/', scheme: 'HTTP' },
          timeoutSeconds: 1,
          periodSeconds: 10,
          successThreshold: 1,
          failureThreshold: 3,
        },
      }),
    ],
    [
      'volumes',
      withSpec({ volumes: [{ name: 'v', configMap: { name: 'c' } }] }),
      withSpec({ volumes: [{ name: 'v', configMap: { name: 'c', defaultMode: 420 } }] }),
    ],
    [
      'field references',
      withContainer({ env: [{ name: 'E', valueFrom: { fieldRef: { fieldPath: 'a' } } }] }),
      withContainer({ env: [{ name: 'E', valueFrom: { fieldRef: { fieldPath: 'a', apiVersion: 'v1' } } }] }),
    ],
    [
      'service accounts',
      withSpec({ serviceAccountName: 's' }),
      withSpec({ serviceAccountName: 's', serviceAccount: 's' }),
    ],
    ['latest images', withContainer({ image: 'app' }), withContainer({ image: 'app', imagePullPolicy: 'Always' })],
    [
      'images of a registry with a port',
      withContainer({ image: 'host:5000/app:2' }),
      withContainer({ image: 'host:5000/app:2', imagePullPolicy: 'IfNotPresent' }),
    ],
  ])('has no defaults of %s', (_what, written, read) => {
    expect(meaningOfTemplate(read)).toBe(meaningOfTemplate(written));
  });

  it.each<[string, object]>([
    ['the image', withContainer({ image: 'app:2' })],
    ['an annotation', { ...template, metadata: { ...template.metadata, annotations: { a: 'b' } } }],
    ['a pull policy that is no default', withContainer({ imagePullPolicy: 'Always' })],
    ['a grace period', withSpec({ terminationGracePeriodSeconds: 60 })],
    ['a sidecar', withSpec({ initContainers: [{ name: 's', image: 's:1', restartPolicy: 'Always' }] })],
    ['a field that nobody knows yet', withSpec({ brandNew: true })],
    ['a label that looks like a default', { ...template, metadata: { labels: { app: 'app', protocol: 'TCP' } } }],
  ])('changes with %s', (_what, changed) => {
    expect(meaningOfTemplate(changed)).not.toBe(meaningOfTemplate(template));
  });

  it('knows a sidecar from an init container', () => {
    const sidecar = withSpec({ initContainers: [{ name: 's', image: 's:1', restartPolicy: 'Always' }] });
    const init = withSpec({ initContainers: [{ name: 's', image: 's:1' }] });
    expect(meaningOfTemplate(sidecar)).not.toBe(meaningOfTemplate(init));
  });
});
