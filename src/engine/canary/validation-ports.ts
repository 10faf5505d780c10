/** Whether the port that a Canary's services send to is one that the target's containers have. */
import type { CanaryService } from '#api/canary.ts';
import { foundText, type Problem } from '#api/problem.ts';
import type { ContainerPort, Workload } from '#api/workload.ts';

/** Containers need not declare their ports; a number is doubted only when some are declared, a name must be declared. */
export function targetPortProblems(service: CanaryService, target: Workload): Problem[] {
  const { name: field, value } = wantedPort(service);
  const ports = declaredPorts(target);
  const exists = ports.some((port) => (typeof value === 'number' ? port.containerPort === value : port.name === value));
  if (exists || (typeof value === 'number' && ports.length === 0)) return [];
  const owner = `the containers of ${target.kind} ${foundText(target.metadata.name)}`;
  const want =
    ports.length === 0
      ? `it must be a number, since ${owner} declare no port`
      : `it must be a port of ${owner}: ${ports.map(portText).join(', ')}`;
  return [{ field: `spec.service.${field}`, found: foundText(value), want }];
}

/** The field that decides, and the number or name that it gives. Zero means absent, as a number and as a text. */
function wantedPort({ port, targetPort }: CanaryService): { name: string; value: number | string } {
  if (targetPort === undefined || targetPort === 0 || targetPort === '0' || targetPort === '') {
    return { name: 'port', value: port };
  }
  return { name: 'targetPort', value: targetPort };
}

/** Ports of everything that runs as long as the pod does, sidecars among the init containers included. */
function declaredPorts(target: Workload): readonly ContainerPort[] {
  const { containers, initContainers = [] } = target.spec.template.spec;
  const sidecars = initContainers.filter((container) => container['restartPolicy'] === 'Always');
  return [...containers, ...sidecars].flatMap((container) => container.ports ?? []);
}

const portText = ({ name, containerPort }: ContainerPort): string =>
  name === undefined ? `${containerPort}` : `${containerPort} (${JSON.stringify(name)})`;
