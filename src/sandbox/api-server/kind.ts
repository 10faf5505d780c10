/** What the API server knows about one kind: names, subresources, and the functions that default, check and show its objects. */
import type { KubeObject, Resource } from '#api/kubernetes.ts';
import type { Json } from './json.ts';
import type { Shape } from './shape.ts';
import type { Cause } from './status-error.ts';

/** What defaulting and validation may look at besides the object. */
export interface World {
  readonly now: number;
  list(group: string, plural: string): Iterable<KubeObject>;
  /** Whether an object of the kind has this text in this field of its spec. */
  holds(group: string, plural: string, field: string, text: string): boolean;
}

export interface Column {
  readonly name: string;
  /** `string`, `integer`, `number`, `boolean` or `date`. */
  readonly type: string;
  readonly format?: string;
  readonly description?: string;
  /** 0 is always shown, more only with `-o wide`. */
  readonly priority?: number;
  readonly value: (object: KubeObject, now: number) => unknown;
}

/** Where the scale subresource finds its numbers. */
export interface ScalePaths {
  readonly spec: readonly string[];
  readonly status: readonly string[];
  /** The text of the label selector in a custom resource; absent: `spec.selector` is a LabelSelector. */
  readonly selector?: readonly string[];
}

export interface Kind {
  /** The version that is stored. */
  readonly resource: Resource;
  /** Versions that are served, the preferred one first. */
  readonly versions: readonly string[];
  readonly singular: string;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly hasStatus: boolean;
  readonly scale?: ScalePaths;
  /** Top-level fields whose change raises the generation; `rest`: all but metadata, and status where it is a subresource. Absent: no generation. */
  readonly generation?: readonly string[] | 'rest';
  readonly selectableFields?: readonly string[];
  /** Described by a CustomResourceDefinition: strategic merge is not offered. */
  readonly custom?: boolean;
  readonly shape: Shape;
  readonly columns?: readonly Column[];
  /** Columns by version, for custom resources. */
  readonly columnsIn?: Readonly<Record<string, readonly Column[]>>;
  /** Schema by version, for custom resources: what `explain` and strict decoding look at. */
  readonly schemas?: Readonly<Record<string, Json>>;
  /** Fields that the kind does not know, for `fieldValidation=Strict`. */
  readonly unknownFields?: (object: KubeObject) => readonly string[];
  /** Fills in what was left out; `before` is the stored object on updates. */
  readonly defaults?: (object: KubeObject, before: KubeObject | undefined, world: World) => KubeObject;
  /** Hands out what only the server can give, after it is settled who owns what the client wrote. */
  readonly allocate?: (object: KubeObject, before: KubeObject | undefined, world: World) => KubeObject;
  /** The status of an object that nobody has reported on yet. */
  readonly emptyStatus?: Json;
  readonly validate?: (object: KubeObject, before: KubeObject | undefined, world: World) => readonly Cause[];
}

export const kindId = (resource: { readonly group: string; readonly plural: string }): string =>
  `${resource.group}/${resource.plural}`;

export const apiVersionOf = (group: string, version: string): string =>
  group === '' ? version : `${group}/${version}`;
