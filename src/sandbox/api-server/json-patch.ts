/** JSON patch (RFC 6902) with the API server's refusals. */
import { pathOfPointer } from '#cluster/json-pointer.ts';
import { isList, isMap, same, valueAt } from './json.ts';
import { refusals } from './status-error.ts';

/** Upstream does not tell which operation failed. */
const refused = (): Error => refusals.unprocessable('the server rejected our request due to an error in our request');

export function jsonPatch(document: unknown, operations: unknown): unknown {
  if (!isList(operations))
    throw refusals.badRequest('error decoding patch: json: cannot unmarshal into Go value of type jsonpatch.Patch');
  return operations.reduce<unknown>(applyOperation, document);
}

function applyOperation(document: unknown, operation: unknown): unknown {
  if (!isMap(operation) || typeof operation['path'] !== 'string')
    throw refusals.badRequest('error decoding patch: operation without path');
  const path = pathOfPointer(operation['path']);
  switch (operation['op']) {
    case 'add':
      return add(document, path, operation['value']);
    case 'remove':
      return remove(document, path);
    case 'replace':
      return replace(document, path, operation['value']);
    case 'test':
      if (same(valueAt(document, path) ?? null, operation['value'] ?? null)) return document;
      throw refused();
    case 'move': {
      const from = pathOfPointer(String(operation['from']));
      return add(remove(document, from), path, valueAt(document, from));
    }
    case 'copy':
      return add(document, path, valueAt(document, pathOfPointer(String(operation['from']))));
    default:
      throw refusals.badRequest(`unexpected operation: ${String(operation['op'])}`);
  }
}

/** Rebuilds the containers on the way to the last step, where `edit` changes a copy of the innermost one. */
function edited(
  document: unknown,
  path: readonly string[],
  edit: (container: Container, key: string) => void,
): unknown {
  const walk = (value: unknown, depth: number): unknown => {
    const key = path[depth];
    const container = copyOf(value);
    if (key === undefined || container === undefined) throw refused();
    if (depth === path.length - 1) edit(container, key);
    else container.set(key, walk(container.get(key), depth + 1));
    return container.value;
  };
  return walk(document, 0);
}

interface Container {
  readonly value: unknown;
  readonly list: unknown[] | undefined;
  has(key: string): boolean;
  get(key: string): unknown;
  set(key: string, value: unknown): void;
  drop(key: string): void;
}

function copyOf(value: unknown): Container | undefined {
  if (isList(value)) {
    const list = [...value];
    const index = (key: string): number => (/^(0|[1-9]\d*)$/.test(key) ? Number(key) : Number.NaN);
    return {
      value: list,
      list,
      has: (key) => index(key) < list.length,
      get: (key) => list[index(key)],
      set: (key, item) => {
        list[index(key)] = item;
      },
      drop: (key) => void list.splice(index(key), 1),
    };
  }
  if (!isMap(value)) return undefined;
  const map = { ...value };
  return {
    value: map,
    list: undefined,
    has: (key) => Object.hasOwn(map, key),
    get: (key) => map[key],
    set: (key, item) => {
      map[key] = item;
    },
    drop: (key) => {
      delete map[key];
    },
  };
}

function add(document: unknown, path: readonly string[], value: unknown): unknown {
  if (path.length === 0) return value;
  return edited(document, path, (container, key) => {
    if (container.list === undefined) return container.set(key, value);
    const index = key === '-' ? container.list.length : Number(key);
    if (!Number.isInteger(index) || index < 0 || index > container.list.length) throw refused();
    container.list.splice(index, 0, value);
    return undefined;
  });
}

function remove(document: unknown, path: readonly string[]): unknown {
  return edited(document, path, (container, key) => {
    if (!container.has(key)) throw refused();
    container.drop(key);
  });
}

function replace(document: unknown, path: readonly string[], value: unknown): unknown {
  if (path.length === 0) return value;
  return edited(document, path, (container, key) => {
    // As upstream: a key that a map does not have yet is set.
    if (container.list !== undefined && !container.has(key)) throw refused();
    container.set(key, value);
  });
}
