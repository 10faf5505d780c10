/** Refusals of the API server as exceptions that carry the `Status` object of the answer. */
import type { Json } from './json.ts';

/** One thing wrong with an object: the field, and the text as it stands in the list of causes. */
export interface Cause {
  readonly reason: string;
  readonly message: string;
  readonly field: string;
}

export interface StatusDetails {
  readonly name?: string;
  readonly group?: string;
  readonly kind?: string;
  readonly uid?: string;
  readonly causes?: readonly Cause[];
  readonly retryAfterSeconds?: number;
}

/** A request that the API server refuses; `status` is the body of the answer. */
export class StatusError extends Error {
  override readonly name = 'StatusError';
  readonly code: number;
  readonly reason: string;
  readonly details: StatusDetails | undefined;

  constructor(code: number, reason: string, message: string, details?: StatusDetails) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.details = details;
  }

  get status(): Json {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: this.message,
      ...(this.reason === '' ? {} : { reason: this.reason }),
      ...(this.details === undefined ? {} : { details: this.details }),
      code: this.code,
    };
  }
}

interface Named {
  readonly group: string;
  readonly plural: string;
}

const qualified = (resource: Named): string =>
  resource.group === '' ? resource.plural : `${resource.plural}.${resource.group}`;

const details = (resource: Named, name: string): StatusDetails => ({
  name,
  ...(resource.group === '' ? {} : { group: resource.group }),
  kind: resource.plural,
});

export const refusals = {
  notFound: (resource: Named, name: string): StatusError =>
    new StatusError(404, 'NotFound', `${qualified(resource)} "${name}" not found`, details(resource, name)),

  noSuchPath: (): StatusError =>
    new StatusError(404, 'NotFound', 'the server could not find the requested resource', {}),

  exists: (resource: Named, name: string): StatusError =>
    new StatusError(409, 'AlreadyExists', `${qualified(resource)} "${name}" already exists`, details(resource, name)),

  conflict: (resource: Named, name: string, why: string): StatusError =>
    new StatusError(
      409,
      'Conflict',
      `Operation cannot be fulfilled on ${qualified(resource)} "${name}": ${why}`,
      details(resource, name),
    ),

  stale: (resource: Named, name: string): StatusError =>
    refusals.conflict(
      resource,
      name,
      'the object has been modified; please apply your changes to the latest version and try again',
    ),

  invalid: (
    kind: { readonly group: string; readonly kind: string },
    name: string,
    causes: readonly Cause[],
  ): StatusError => {
    const lines = [...new Set(causes.map((cause) => `${cause.field}: ${cause.message}`))];
    const list = lines.length === 1 ? lines[0] : `[${lines.join(', ')}]`;
    const subject = kind.group === '' ? kind.kind : `${kind.kind}.${kind.group}`;
    return new StatusError(422, 'Invalid', `${subject} "${name}" is invalid: ${list}`, {
      ...(name === '' ? {} : { name }),
      ...(kind.group === '' ? {} : { group: kind.group }),
      kind: kind.kind,
      causes,
    });
  },

  badRequest: (message: string): StatusError => new StatusError(400, 'BadRequest', message),

  unprocessable: (message: string): StatusError => new StatusError(422, 'Invalid', message, {}),

  methodNotAllowed: (): StatusError =>
    new StatusError(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource', {}),

  unsupportedMediaType: (type: string, wanted: readonly string[]): StatusError =>
    new StatusError(
      415,
      'UnsupportedMediaType',
      `the body of the request was in an unknown format - accepted media types include: ${wanted.join(', ')} (found ${type})`,
      {},
    ),

  forbidden: (resource: Named, name: string, why: string): StatusError =>
    new StatusError(403, 'Forbidden', `${qualified(resource)} "${name}" is forbidden: ${why}`, details(resource, name)),

  expired: (message: string): StatusError => new StatusError(410, 'Expired', message),
};

/** The causes of validation, worded as upstream words them. */
export const causes = {
  required: (field: string, note = ''): Cause => ({
    reason: 'FieldValueRequired',
    message: note === '' ? 'Required value' : `Required value: ${note}`,
    field,
  }),
  invalid: (field: string, value: unknown, why: string): Cause => ({
    reason: 'FieldValueInvalid',
    message: `Invalid value: ${shown(value)}: ${why}`,
    field,
  }),
  ruleBroken: (field: string, why: string): Cause => ({
    reason: 'FieldValueInvalid',
    message: `Invalid value: ${why}`,
    field,
  }),
  typeInvalid: (field: string, value: unknown, why: string): Cause => ({
    reason: 'FieldValueTypeInvalid',
    message: `Invalid value: ${shown(value)}: ${why}`,
    field,
  }),
  duplicate: (field: string, value: unknown): Cause => ({
    reason: 'FieldValueDuplicate',
    message: `Duplicate value: ${shown(value)}`,
    field,
  }),
  unsupported: (field: string, value: unknown, wanted: readonly string[]): Cause => ({
    reason: 'FieldValueNotSupported',
    message: `Unsupported value: ${shown(value)}: supported values: ${wanted.map((item) => JSON.stringify(item)).join(', ')}`,
    field,
  }),
  forbidden: (field: string, why: string): Cause => ({
    reason: 'FieldValueForbidden',
    message: `Forbidden: ${why}`,
    field,
  }),
  tooMany: (field: string, count: number, most: number): Cause => ({
    reason: 'FieldValueTooMany',
    message: `Too many: ${count}: must have at most ${most} items`,
    field,
  }),
  tooLong: (field: string, most: number): Cause => ({
    reason: 'FieldValueTooLong',
    message: `Too long: may not be more than ${most} bytes`,
    field,
  }),
};

function shown(value: unknown): string {
  return value === undefined ? 'null' : JSON.stringify(value);
}
