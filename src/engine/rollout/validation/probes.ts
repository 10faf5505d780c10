/** The probes of a container. */
import { forbidden, invalid, required, unsupported, type FieldProblems } from './field-problem.ts';
import { portNameProblems, portNumberProblems } from './kubernetes-names.ts';
import { isRawObject, numberOf, objectOf, textOf, type RawObject } from '../raw-json.ts';

const handlers = ['exec', 'httpGet', 'tcpSocket', 'grpc'] as const;

const schemes = ['HTTP', 'HTTPS'];

const counts = [
  'initialDelaySeconds',
  'timeoutSeconds',
  'periodSeconds',
  'successThreshold',
  'failureThreshold',
] as const;

export function* lifecycleProblems(container: RawObject, field: string): FieldProblems {
  const lifecycle = objectOf(container['lifecycle']);
  for (const name of ['postStart', 'preStop'] as const) {
    const hook = lifecycle[name];
    if (isRawObject(hook) && !isRawObject(hook['sleep'])) yield* handlerProblems(hook, `${field}.lifecycle.${name}`);
  }
}

export function* probeProblems(container: RawObject, field: string): FieldProblems {
  for (const name of ['livenessProbe', 'readinessProbe', 'startupProbe'] as const) {
    const probe = container[name];
    if (!isRawObject(probe)) continue;
    yield* handlerProblems(probe, `${field}.${name}`);
    for (const count of counts) {
      const value = numberOf(probe[count]) ?? 0;
      if (value < 0) yield invalid(`${field}.${name}.${count}`, value, 'must be greater than or equal to 0');
    }
    const wanted = numberOf(probe['successThreshold']) ?? 1;
    if (name !== 'readinessProbe' && wanted !== 1 && wanted !== 0)
      yield invalid(`${field}.${name}.successThreshold`, wanted, 'must be 1');
  }
}

function* handlerProblems(probe: RawObject, field: string): FieldProblems {
  const given = handlers.filter((handler) => isRawObject(probe[handler]));
  for (const [at, handler] of given.entries()) {
    const place = `${field}.${handler}`;
    if (at > 0) {
      yield forbidden(place, 'may not specify more than 1 handler type');
      continue;
    }
    const { port, command, scheme } = objectOf(probe[handler]);
    if (handler === 'exec' && !(Array.isArray(command) && command.length > 0)) yield required(`${place}.command`);
    if (handler !== 'exec') yield* portProblems(port, `${place}.port`);
    if (textOf(scheme) !== '' && !schemes.includes(textOf(scheme)))
      yield unsupported(`${place}.scheme`, scheme, schemes);
  }
  if (given.length === 0) yield required(field, 'must specify a handler type');
}

function* portProblems(port: unknown, field: string): FieldProblems {
  const problems = typeof port === 'string' ? portNameProblems(port) : portNumberProblems(numberOf(port) ?? 0);
  for (const problem of problems) yield invalid(field, typeof port === 'string' ? textOf(port) : (port ?? 0), problem);
}
