/** Manifests in files: their values, and the line where each field stands. */
import { readFile } from 'node:fs/promises';
import {
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  parseAllDocuments,
  visit,
  type Document,
} from 'yaml';

export interface Manifest {
  readonly file: string;
  /** Plain data: what JSON can hold. */
  readonly value: unknown;
  readonly isJson: boolean;
  /** Of the field, or of the nearest one around it that is written. */
  lineOf(path: FieldPath): number;
}

/** Names of fields and numbers of items, from the root. */
export type FieldPath = readonly (string | number)[];

/** The file is no YAML. */
export class ManifestError extends Error {
  override readonly name = 'ManifestError';
  readonly line: number | undefined;

  constructor(message: string, line: number | undefined) {
    super(message);
    this.line = line;
  }
}

/** All documents of a file that hold something. Throws `ManifestError`, and an error with the words of the system when it cannot be read. */
export async function readManifests(file: string): Promise<readonly Manifest[]> {
  return manifestsIn(await readText(file), file);
}

const systemTexts: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or directory',
  EACCES: 'permission denied',
};

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (code === 'EISDIR') throw new Error(`read ${file}: is a directory`, { cause: error });
    throw systemTexts[code] === undefined ? error : new Error(`open ${file}: ${systemTexts[code]}`, { cause: error });
  }
}

export function manifestsIn(text: string, file: string): readonly Manifest[] {
  const lines = new LineCounter();
  const isJson = text.trimStart().startsWith('{');
  // Kubernetes reads YAML 1.1, where `yes` is true; but neither times nor numbers to the base of sixty are values.
  const documents = parseAllDocuments(text, {
    version: '1.1',
    merge: true,
    lineCounter: lines,
    prettyErrors: false,
    logLevel: 'error',
    customTags: (tags) => tags.filter((tag) => typeof tag === 'string' || !isTime(tag)),
  });
  if (!Array.isArray(documents)) return [];
  return documents.flatMap((document): readonly Manifest[] => {
    const [problem] = document.errors;
    if (problem !== undefined) {
      const { line } = lines.linePos(problem.pos[0]);
      throw new ManifestError(`error converting YAML to JSON: yaml: line ${line}: ${problem.message}`, line);
    }
    refuseOddKeys(document, lines);
    const value: unknown = document.toJS({ maxAliasCount: 1_000 });
    if (value === null || value === undefined) return [];
    return [{ file, value, isJson, lineOf: (path) => lines.linePos(offsetOf(document, path)).line }];
  });
}

/** `{{ .Values.name }}` of a template that is still to be rendered is a map whose key is a map. */
function refuseOddKeys(document: Document.Parsed, lines: LineCounter): void {
  visit(document, {
    Pair(_, { key }) {
      if (isScalar(key) || isAlias(key)) return;
      const { line } = lines.linePos(startOf(key) ?? 0);
      throw new ManifestError(`yaml: line ${line}: invalid map key: ${String(key)}`, line);
    },
  });
}

const isTime = ({ tag, format }: { readonly tag: string; readonly format?: string }): boolean =>
  format === 'TIME' || tag === 'tag:yaml.org,2002:timestamp';

/** Where the last part of the path that is there begins. */
function offsetOf(document: Document.Parsed, path: FieldPath): number {
  let node: unknown = document.contents;
  let offset = startOf(node) ?? 0;
  for (const part of path) {
    const found = memberOf(node, part);
    if (found === undefined) break;
    offset = startOf(found.named) ?? offset;
    node = found.node;
  }
  return offset;
}

/** A member, and the node that names it: the key of a map, the item of a list. */
function memberOf(
  node: unknown,
  part: string | number,
): { readonly node: unknown; readonly named: unknown } | undefined {
  if (isSeq(node)) {
    const item = node.items[Number(part)];
    return item === undefined ? undefined : { node: item, named: item };
  }
  if (!isMap(node)) return undefined;
  const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(part));
  return isPair(pair) ? { node: pair.value, named: pair.key } : undefined;
}

const startOf = (node: unknown): number | undefined => (isNode(node) ? node.range?.[0] : undefined);
