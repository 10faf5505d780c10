/** Validation of custom resources against their schemas, worded as upstream's validators word it. */
import { isList, isMap, type Json, listAt, numberAt, same, textAt, valueAt } from './json.ts';
import { duplicates, propertySchema } from './schema.ts';
import { type Cause, causes } from './status-error.ts';

export function validateSchema(schema: Json, value: unknown, path = ''): readonly Cause[] {
  if (value === null && schema['nullable'] === true) return none;
  // In the order of upstream's validators; a wrong type does not keep the others from looking.
  const parts = [
    checkType(schema, value, path),
    checkCombinations(schema, value, path),
    checkScalar(schema, value, path),
    isList(value) ? checkList(schema, value, path) : none,
    checkEnum(schema, value, path),
    isMap(value) ? checkMap(schema, value, path) : none,
  ];
  return parts.every(({ length }) => length === 0) ? none : parts.flat();
}

const none: readonly Cause[] = [];

function checkScalar(schema: Json, value: unknown, path: string): readonly Cause[] {
  if (typeof value === 'string') return checkText(schema, value, path);
  return typeof value === 'number' ? checkNumber(schema, value, path) : none;
}

const typeNames: Readonly<Record<string, (value: unknown) => boolean>> = {
  string: (value) => typeof value === 'string',
  boolean: (value) => typeof value === 'boolean',
  integer: (value) => typeof value === 'number' && Number.isInteger(value),
  number: (value) => typeof value === 'number',
  array: isList,
  object: isMap,
};

function checkType(schema: Json, value: unknown, path: string): readonly Cause[] {
  if (schema['x-kubernetes-int-or-string'] === true) {
    if (typeof value === 'string' || Number.isInteger(value)) return [];
    return [wrongType(path, value, 'integer,string')];
  }
  const type = textAt(schema, 'type');
  if (type === '' || (typeNames[type]?.(value) ?? true)) return [];
  return [wrongType(path, value, type)];
}

/** Upstream shows the type in place of the value. */
function wrongType(path: string, value: unknown, wanted: string): Cause {
  const type = typeOf(value);
  return causes.typeInvalid(path, type, `${path} in body must be of type ${wanted}: ${JSON.stringify(type)}`);
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (isList(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

function checkEnum(schema: Json, value: unknown, path: string): readonly Cause[] {
  const wanted = listAt(schema, 'enum');
  if (wanted.length === 0 || wanted.some((each) => same(each, value))) return [];
  return [causes.unsupported(path, value, wanted.map(String))];
}

function checkText(schema: Json, value: string, path: string): readonly Cause[] {
  const least = numberAt(schema, 'minLength');
  const most = numberAt(schema, 'maxLength');
  // Code points, as Go counts runes.
  const length = least === undefined && most === undefined ? 0 : Array.from(value).length;
  const pattern = textAt(schema, 'pattern');
  return [
    ...(least !== undefined && length < least
      ? [causes.invalid(path, value, `${path} in body should be at least ${least} chars long`)]
      : []),
    ...(most !== undefined && length > most ? [causes.tooLong(path, most)] : []),
    ...(pattern !== '' && !matches(pattern, value)
      ? [causes.invalid(path, value, `${path} in body should match '${pattern}'`)]
      : []),
    ...checkFormat(schema, value, path),
  ];
}

const patterns = new Map<string, RegExp>();

function matches(pattern: string, value: string): boolean {
  let compiled = patterns.get(pattern);
  if (compiled === undefined) {
    compiled = new RegExp(pattern, 'u');
    patterns.set(pattern, compiled);
  }
  return compiled.test(value);
}

const formats: Readonly<Record<string, RegExp>> = {
  'date-time': /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:?\d{2})$/,
};

function checkFormat(schema: Json, value: string, path: string): readonly Cause[] {
  const format = textAt(schema, 'format');
  if (formats[format]?.test(value) ?? true) return [];
  return [causes.invalid(path, value, `${path} in body must be of type ${format}: ${JSON.stringify(value)}`)];
}

function checkNumber(schema: Json, value: number, path: string): readonly Cause[] {
  const least = numberAt(schema, 'minimum');
  const most = numberAt(schema, 'maximum');
  const step = numberAt(schema, 'multipleOf');
  const above = schema['exclusiveMinimum'] === true;
  const below = schema['exclusiveMaximum'] === true;
  const bound = (sign: string, limit: number): Cause =>
    causes.invalid(path, value, `${path} in body should be ${sign} ${limit}`);
  return [
    ...(least !== undefined && (above ? value <= least : value < least)
      ? [bound(above ? 'greater than' : 'greater than or equal to', least)]
      : []),
    ...(most !== undefined && (below ? value >= most : value > most)
      ? [bound(below ? 'less than' : 'less than or equal to', most)]
      : []),
    ...(step !== undefined && value % step !== 0 ? [bound('a multiple of', step)] : []),
  ];
}

function checkList(schema: Json, value: readonly unknown[], path: string): readonly Cause[] {
  const least = numberAt(schema, 'minItems');
  const most = numberAt(schema, 'maxItems');
  const { items } = schema;
  return [
    ...(least !== undefined && value.length < least
      ? [causes.invalid(path, value.length, `${path} in body should have at least ${least} items`)]
      : []),
    ...(most !== undefined && value.length > most ? [causes.tooMany(path, value.length, most)] : []),
    ...(isMap(items) ? value.flatMap((item, index) => validateSchema(items, item, `${path}[${index}]`)) : []),
    ...duplicates(schema, value).map((repeated) => causes.duplicate(`${path}[${repeated.index}]`, repeated.value)),
  ];
}

function checkMap(schema: Json, value: Json, path: string): readonly Cause[] {
  const under = (key: string): string => (path === '' ? key : `${path}.${key}`);
  const least = numberAt(schema, 'minProperties');
  const most = numberAt(schema, 'maxProperties');
  const count = Object.keys(value).length;
  return [
    ...(least !== undefined && count < least
      ? [causes.invalid(path, count, `${path} in body should have at least ${least} properties`)]
      : []),
    ...(most !== undefined && count > most
      ? [causes.invalid(path, count, `${path} in body should have at most ${most} properties`)]
      : []),
    ...Object.keys(value)
      .sort()
      .flatMap((key) => {
        const below = propertySchema(schema, key);
        return below === undefined ? none : validateSchema(below, value[key], under(key));
      }),
    ...listAt(schema, 'required')
      .filter((key) => typeof key === 'string')
      .filter((key) => value[key] === undefined)
      .map((key) => causes.required(under(key))),
  ];
}

const combinators = ['oneOf', 'anyOf', 'allOf', 'not'];

function checkCombinations(schema: Json, value: unknown, path: string): readonly Cause[] {
  if (!combinators.some((each) => each in schema)) return none;
  const valid = (option: unknown): boolean => !isMap(option) || validateSchema(option, value, path).length === 0;
  // Upstream's validators lose the field on the way: it stands in the text.
  const wrong = (text: string): Cause => causes.invalid('<nil>', '', `${JSON.stringify(path)} ${text}`);
  const oneOf = listAt(schema, 'oneOf');
  const anyOf = listAt(schema, 'anyOf');
  const fitting = oneOf.filter(valid).length;
  const { not } = schema;
  return [
    ...(oneOf.length > 0 && fitting !== 1
      ? [
          wrong(
            `must validate one and only one schema (oneOf). ${fitting === 0 ? 'Found none valid' : `Found ${fitting} valid alternatives`}`,
          ),
          ...(fitting === 0 ? firstFailure(oneOf, value, path) : []),
        ]
      : []),
    ...(anyOf.length > 0 && !anyOf.some(valid)
      ? [wrong('must validate at least one schema (anyOf)'), ...firstFailure(anyOf, value, path)]
      : []),
    ...listAt(schema, 'allOf').flatMap((each) => (isMap(each) ? validateSchema(each, value, path) : [])),
    ...(isMap(not) && validateSchema(not, value, path).length === 0
      ? [wrong('must not validate the schema (not)')]
      : []),
  ];
}

/** Upstream adds the failures of the alternative that comes closest. */
function firstFailure(options: readonly unknown[], value: unknown, path: string): readonly Cause[] {
  const failures = options.filter(isMap).map((option) => validateSchema(option, value, path));
  return failures.sort((a, b) => a.length - b.length)[0] ?? [];
}

/** Failures after which upstream does not evaluate the rules written in CEL, and says so. */
const blocking = new Set([
  'FieldValueNotSupported',
  'FieldValueRequired',
  'FieldValueTooLong',
  'FieldValueTooMany',
  'FieldValueTypeInvalid',
]);

const unchecked: Cause = causes.invalid(
  '<nil>',
  null,
  'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
);

/** All that is wrong with a custom resource. Of the rules in CEL only the one that lets nothing change is evaluated here. */
export function validateResource(schema: Json, hasRules: boolean, value: unknown, before: unknown): readonly Cause[] {
  const wrong = validateSchema(schema, value);
  if (!hasRules) return wrong;
  return wrong.some((cause) => blocking.has(cause.reason))
    ? [...wrong, unchecked]
    : [...wrong, ...checkUnchanged(schema, value, before)];
}

const unchanged = 'self == oldSelf';

/** Such a rule says nothing of what was not there before, or is not there any more. Items of lists have no before. */
function checkUnchanged(schema: Json, value: unknown, before: unknown, path = ''): readonly Cause[] {
  if (value === undefined || before === undefined || same(value, before)) return none;
  const broken = listAt(schema, 'x-kubernetes-validations').filter((rule) => textAt(rule, 'rule') === unchanged);
  return [
    ...broken.map((rule) => causes.ruleBroken(path, textAt(rule, 'message'))),
    ...(isMap(value) && isMap(before) ? Object.keys(value) : []).flatMap((key) => {
      const below = propertySchema(schema, key);
      const field = path === '' ? key : `${path}.${key}`;
      return below === undefined ? none : checkUnchanged(below, valueAt(value, [key]), valueAt(before, [key]), field);
    }),
  ];
}
