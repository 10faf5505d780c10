/** Serves custom resources as their definitions come, change and go. */
import { customResourceDefinitions } from '#cluster/resource.ts';
import type { KubeObject } from '#api/kubernetes.ts';
import { kindOfDefinition } from './custom-kinds.ts';
import { mapAt, textAt } from './json.ts';
import type { Server } from './server.ts';
import { refOf, timestamp } from './writer.ts';

export function serveDefinitions(server: Server): void {
  const { storage, registry } = server;
  const kind = registry.byId(customResourceDefinitions.group, customResourceDefinitions.plural);
  if (kind === undefined) return;
  storage.observe(kind, ({ type, object, before }) => {
    if (type === 'DELETED') return withdraw(server, object);
    if (before !== undefined && before['spec'] === object['spec']) return undefined;
    return registry.add(kindOfDefinition(object));
  });
  storage.subscribe(({ type, kind: changed, object }) => {
    if (changed === kind && type === 'ADDED') establish(server, object);
  });
}

function withdraw(server: Server, definition: KubeObject): void {
  const spec = mapAt(definition, 'spec');
  const served = server.registry.byId(textAt(spec, 'group'), textAt(mapAt(spec, 'names'), 'plural'));
  if (served === undefined) return;
  for (const object of server.storage.list(served)) server.writer.delete(served, refOf(object));
  server.registry.remove(served.resource);
  server.storage.drop(served);
}

/** The naming and establishing controllers' verdict, given at once. */
function establish(server: Server, definition: KubeObject): void {
  const kind = server.registry.byId(customResourceDefinitions.group, customResourceDefinitions.plural);
  if (kind === undefined) return;
  const spec = mapAt(definition, 'spec');
  const time = timestamp(server.clock.now());
  const condition = (type: string, reason: string, message: string): object => ({
    type,
    status: 'True',
    lastTransitionTime: time,
    reason,
    message,
  });
  const status = {
    conditions: [
      condition('NamesAccepted', 'NoConflicts', 'no conflicts found'),
      condition('Established', 'InitialNamesAccepted', 'the initial names have been accepted'),
    ],
    acceptedNames: spec['names'],
    storedVersions: [kindOfDefinition(definition).resource.version],
  };
  server.writer.update(
    kind,
    { ...definition, status },
    { owner: { manager: 'kube-apiserver' }, subresource: 'status' },
  );
}
