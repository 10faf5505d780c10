/** Objects in Kubernetes' protobuf form, which `kubectl create configmap`, `secret` and `namespace` send and for which they know no second way. */

/** What stands behind a field number; `ignored`: only servers set it. */
type Field =
  | { readonly name: string; readonly is: 'text' | 'flag' | 'textMap' | 'bytesMap' }
  | { readonly name: string; readonly is: 'message'; readonly fields: Fields }
  | { readonly is: 'ignored' };
type Fields = Readonly<Record<number, Field>>;

const ignored: Field = { is: 'ignored' };
const text = (name: string): Field => ({ name, is: 'text' });

const metadata: Field = {
  name: 'metadata',
  is: 'message',
  fields: {
    1: text('name'),
    2: text('generateName'),
    3: text('namespace'),
    4: ignored,
    5: ignored,
    6: ignored,
    7: ignored,
    8: ignored,
    11: { name: 'labels', is: 'textMap' },
    12: { name: 'annotations', is: 'textMap' },
  },
};

/** Field numbers as Kubernetes publishes them; those that the commands leave out are missing here. */
const kinds: Readonly<Record<string, Fields>> = {
  ConfigMap: {
    1: metadata,
    2: { name: 'data', is: 'textMap' },
    3: { name: 'binaryData', is: 'bytesMap' },
    4: { name: 'immutable', is: 'flag' },
  },
  Secret: {
    1: metadata,
    2: { name: 'data', is: 'bytesMap' },
    3: text('type'),
    4: { name: 'stringData', is: 'textMap' },
    5: { name: 'immutable', is: 'flag' },
  },
  Namespace: { 1: metadata, 2: ignored, 3: ignored },
};

/** In front of every object. */
const magic = 'k8s\0';

/** The object, or `undefined` for a kind, or a field of it, that is not known here. */
export function objectInProtobuf(bytes: Buffer): Readonly<Record<string, unknown>> | undefined {
  if (bytes.toString('latin1', 0, magic.length) !== magic) return undefined;
  const envelope = parts(bytes.subarray(magic.length));
  const [type, raw] = [1, 2].map((number) => envelope.find(({ field }) => field === number));
  if (!type || !raw) return undefined;
  const { apiVersion, kind } = read(type.value, { 1: text('apiVersion'), 2: text('kind') }) ?? {};
  const fields = typeof kind === 'string' && apiVersion === 'v1' ? kinds[kind] : undefined;
  const content = fields && read(raw.value, fields);
  return content && { apiVersion, kind, ...content };
}

/** The message by its fields; `undefined` when it has one that is not among them. */
function read(bytes: Buffer, fields: Fields): Readonly<Record<string, unknown>> | undefined {
  const found: Record<string, unknown> = {};
  for (const part of parts(bytes)) {
    const field = fields[part.field];
    if (field === undefined) return undefined;
    if (field.is === 'ignored') continue;
    const value = valueOf(part, field);
    if (value === undefined) return undefined;
    if (field.is === 'textMap' || field.is === 'bytesMap')
      found[field.name] = { ...(found[field.name] as object | undefined), ...(value as object) }; // one entry each
    else if (value !== '') found[field.name] = value;
  }
  return found;
}

function valueOf({ value, flag }: Part, field: Exclude<Field, { is: 'ignored' }>): unknown {
  switch (field.is) {
    case 'text':
      return value.toString();
    case 'flag':
      return flag;
    case 'message':
      return read(value, field.fields);
    case 'textMap':
    case 'bytesMap': {
      const [key, entry] = [1, 2].map((half) => parts(value).find((part) => part.field === half)?.value);
      return { [key?.toString() ?? '']: entry?.toString(field.is === 'textMap' ? 'utf8' : 'base64') ?? '' };
    }
  }
}

interface Part {
  readonly field: number;
  readonly value: Buffer;
  readonly flag: boolean;
}

/** The fields of a message in their order. Only whole numbers and what has a length occur in these kinds. */
function parts(bytes: Buffer): Part[] {
  const found: Part[] = [];
  let at = 0;
  const number = (): number => {
    for (let value = 0, shift = 1; ; shift *= 128) {
      const byte = bytes[at++];
      if (byte === undefined) throw new RangeError('the message ends within a field');
      value += (byte & 127) * shift;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const tag = number();
    const field = Math.floor(tag / 8);
    if (tag % 8 === 0) found.push({ field, value: Buffer.alloc(0), flag: number() !== 0 });
    else if (tag % 8 === 2) {
      const length = number();
      if (at + length > bytes.length) throw new RangeError('the message ends within a field');
      found.push({ field, value: bytes.subarray(at, (at += length)), flag: false });
    } else throw new RangeError(`the message has a field of wire type ${tag % 8}`);
  }
  return found;
}
