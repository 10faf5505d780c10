import { describe, expect, it } from 'vitest';
import { parseScenario } from './scenario.ts';

const addresses = { metrics: 'http://metrics.sandbox', hooks: 'http://hooks.sandbox' };
const parse = (text: string) => parseScenario(text, 'x/scenario.yaml', addresses);

const smallest = `
name: small
controller: flagger
manifests:
  - { apiVersion: v1, kind: ConfigMap, metadata: { name: c }, data: { url: "\${metrics}/api, \${hooks}/gate" } }
  - { apiVersion: flagger.app/v1beta1, kind: Canary, metadata: { name: podinfo } }
end: { after: 5 }
`;

describe('a scenario', () => {
  it('has defaults, addresses and a main object', () => {
    const scenario = parse(smallest);
    expect(scenario).toMatchObject({ main: 'Canary/podinfo', quiet: 0.6, gateway: 'accepts', metrics: [], hooks: {} });
    expect(scenario.manifests[0]).toMatchObject({
      data: { url: 'http://metrics.sandbox/api, http://hooks.sandbox/gate' },
    });
    expect(scenario.steps).toEqual([{ after: 5, 'at once': false, do: [] }]);
  });

  it.each([
    ['text that is no YAML', 'name: [', 'Cannot read x/scenario.yaml: '],
    ['a missing field', smallest.replace('controller: flagger', ''), 'controller'],
    ['an unknown field', `${smallest}\nqiet: 3`, 'qiet'],
    ['an unknown action', `${smallest}\nsteps: [{ do: [{ explode: Canary/podinfo }] }]`, 'steps[0].do[0]'],
    ['a name without its kind', `${smallest}\nsteps: [{ when: { podinfo: gone } }]`, 'must be Kind/name'],
    ['no main object', smallest.replace('Canary', 'Service'), 'name the main object in "main"'],
  ])('says where %s is', (_name, text, message) => {
    expect(() => parse(text)).toThrow(message);
    expect(() => parse(text)).toThrow('x/scenario.yaml');
  });
});
