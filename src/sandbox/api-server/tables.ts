/** Tables as `kubectl get` shows them. */
import type { KubeObject } from '#api/kubernetes.ts';
import type { Json } from './json.ts';
import type { Column, Kind } from './kind.ts';

export interface TableWish {
  readonly objects: readonly KubeObject[];
  readonly metadata: Json;
  readonly now: number;
  readonly rowObject: (object: KubeObject) => Json | undefined;
  readonly withColumns: boolean;
}

export const nameColumn: Column = {
  name: 'Name',
  type: 'string',
  format: 'name',
  description: 'Name must be unique within a namespace.',
  value: (object) => object.metadata.name,
};

export const ageColumn: Column = {
  name: 'Age',
  type: 'string',
  description: 'Time since the object was created.',
  value: (object, now) => ageOf(object.metadata.creationTimestamp, now),
};

/** What a kind without columns of its own shows. */
const plainColumns: readonly Column[] = [
  nameColumn,
  {
    name: 'Created At',
    type: 'date',
    description: 'Time at which the object was created.',
    value: (object) => object.metadata.creationTimestamp,
  },
];

export function tableOf(kind: Kind, version: string, wish: TableWish): Json {
  const columns = kind.columnsIn?.[version] ?? kind.columns ?? plainColumns;
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: wish.metadata,
    columnDefinitions: wish.withColumns ? columns.map(definitionOf) : [],
    rows: wish.objects.map((object) => {
      const shown = wish.rowObject(object);
      return {
        cells: columns.map((column) => column.value(object, wish.now) ?? null),
        ...(shown === undefined ? {} : { object: shown }),
      };
    }),
  };
}

function definitionOf(column: Column): Json {
  return {
    name: column.name,
    type: column.type,
    format: column.format ?? '',
    description: column.description ?? column.name,
    priority: column.priority ?? 0,
  };
}

/** `<unknown>`, or the time that has passed as kubectl words it. */
export function ageOf(time: unknown, now: number): string {
  const start = typeof time === 'string' ? Date.parse(time) : Number.NaN;
  return Number.isNaN(start) ? '<unknown>' : humanDuration(now - start);
}

const units = { y: 31_536_000, d: 86_400, h: 3600, m: 60, s: 1 } as const;

/** Two units at most, the finer one only while it matters. */
export function humanDuration(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  if (seconds < -1) return '<invalid>';
  if (seconds < 0) return '0s';
  const [years, days, hours, minutes] = [units.y, units.d, units.h, units.m].map((unit) => Math.floor(seconds / unit));
  if (seconds < 2 * units.m) return `${seconds}s`;
  if (seconds < 10 * units.m) return pair(minutes, 'm', seconds % units.m, 's');
  if (seconds < 3 * units.h) return `${minutes}m`;
  if (seconds < 8 * units.h) return pair(hours, 'h', Math.floor((seconds % units.h) / units.m), 'm');
  if (seconds < 2 * units.d) return `${hours}h`;
  if (seconds < 8 * units.d) return pair(days, 'd', Math.floor((seconds % units.d) / units.h), 'h');
  if (seconds < 2 * units.y) return `${days}d`;
  if (seconds < 8 * units.y) return pair(years, 'y', Math.floor((seconds % units.y) / units.d), 'd');
  return `${years}y`;
}

const pair = (large: number | undefined, unit: string, small: number, smallUnit: string): string =>
  small === 0 ? `${large}${unit}` : `${large}${unit}${small}${smallUnit}`;
