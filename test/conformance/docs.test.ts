/** The documentation is true where that can be checked: links, commands, flags, examples, lists of what there is, tests that are named as proof. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments, type Document } from 'yaml';
import { parseAlertProvider } from '#api/alert-provider.ts';
import { parseCanary } from '#api/canary.ts';
import type { KubeObject } from '#api/kubernetes.ts';
import { parseMetricTemplate } from '#api/metric-template.ts';
import { argoFlags } from '#cli/argo-flags.ts';
import { flaggerFlags } from '#cli/flagger-flags.ts';
import { run } from '#cli/serin.ts';
import { analysisProviders } from '#metrics/analysis/providers.ts';
import { providers } from '#metrics/providers.ts';
import { routers } from '#traffic/routers.ts';
import { findFolders } from './folders.ts';

const root = path.join(import.meta.dirname, '../..');

interface Page {
  /** From the root of the repository. */
  readonly file: string;
  readonly text: string;
}

const pages: readonly Page[] = ['.', 'docs', 'docs/guides', 'docs/reference', 'test/bed']
  .flatMap((folder) => readdirSync(path.join(root, folder)).map((name) => path.join(folder, name)))
  .filter((file) => file.endsWith('.md'))
  .map((file) => ({ file, text: read(file) }));

const page = (file: string): string => pages.find((one) => one.file === file)?.text ?? '';

function read(file: string): string {
  return readFileSync(path.join(root, file), 'utf8');
}

/** Fenced blocks with the language that they name. */
function blocksOf(text: string): readonly { readonly language: string; readonly body: string }[] {
  return [...text.matchAll(/^ *```(\w*)\n([\s\S]*?)^ *```$/gm)].map(([, language = '', body = '']) => ({
    language,
    body,
  }));
}

/** Everything that is set as code: blocks and spans. */
function codeOf(text: string): readonly string[] {
  const prose = text.replaceAll(/^ *```[\s\S]*?^ *```$/gm, '');
  return [...blocksOf(text).map(({ body }) => body), ...[...prose.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code)];
}

/** What the first group of `pattern` finds in the code of each page, with the page. */
function namedInCode(pattern: RegExp): readonly { readonly file: string; readonly name: string }[] {
  return pages.flatMap(({ file, text }) =>
    codeOf(text).flatMap((code) => [...code.matchAll(pattern)].map(([, name = '']) => ({ file, name }))),
  );
}

/** As GitHub makes them from headings, and those that are set by hand. */
function anchorsOf(text: string): ReadonlySet<string> {
  const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
  return new Set([...headings, ...[...text.matchAll(/id="([^"]+)"/g)].map(([, id = '']) => id)]);
}

function brokenLinks({ file, text }: Page): readonly string[] {
  const prose = text.replaceAll(/^ *```[\s\S]*?^ *```$/gm, '').replaceAll(/`[^`]+`/g, '');
  const links = [...prose.matchAll(/\]\(([^)\s]+)\)/g)];
  return links.flatMap(([, target = '']) => {
    if (/^[a-z]+:/.test(target)) return [];
    const [name = '', anchor] = target.split('#');
    const linked = name === '' ? file : path.join(path.dirname(file), name);
    if (!existsSync(path.join(root, linked))) return [target];
    const isPage = anchor !== undefined && linked.endsWith('.md');
    return isPage && !anchorsOf(read(linked)).has(anchor) ? [target] : [];
  });
}

describe('links', () => {
  it.each(pages.map((one) => [one.file, one] as const))('of %s lead somewhere', (_file, one) => {
    expect(brokenLinks(one)).toEqual([]);
  });

  it('name source files that exist', () => {
    const named = namedInCode(/^((?:src|test|deploy|docs)\/[\w./-]+\.\w+)$/g);
    // NAME stands for what a reader adds.
    expect(named.filter(({ name }) => !name.includes('NAME') && !existsSync(path.join(root, name)))).toEqual([]);
  });
});

describe('commands', () => {
  it('of make exist', () => {
    const targets = [...read('Makefile').matchAll(/^([a-z]+):/gm)].map(([, target = '']) => target);
    const named = namedInCode(/(?:^|[\s&])make ([a-z]+)/g);
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter(({ name }) => !targets.includes(name))).toEqual([]);
  });

  it('of npm exist', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }; // its schema
    expect(namedInCode(/npm run ([\w:-]+)/g).filter(({ name }) => !Object.hasOwn(scripts, name))).toEqual([]);
  });

  it('of node run files that exist', () => {
    const named = namedInCode(/(?:^|\s)node ([\w./-]+\.ts)/g);
    expect(named.filter(({ name }) => !existsSync(path.join(root, name)))).toEqual([]);
  });

  it('of kubectl apply files that exist', () => {
    const named = namedInCode(/kubectl apply -[kf] ([\w./-]+)/g);
    expect(named.filter(({ name }) => !existsSync(path.join(root, name)))).toEqual([]);
  });

  it('of serin exist', async () => {
    let help = '';
    await run(['--help'], { stdout: (text) => void (help += text), stderr: () => {}, signal: AbortSignal.abort() });
    const commands = [...help.matchAll(/^ {2}(\w+) {2}/gm)].map(([, name = '']) => name);
    const named = namedInCode(/(?:^|npx |cli\/serin\.ts |[\n&] *)serin ([a-z]+)/g);
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter(({ name }) => !commands.includes(name))).toEqual([]);
  });
});

describe('flags', () => {
  it('of the controller exist where it is called', () => {
    const calls = namedInCode(/serin(?:\.ts)? controller([^\n]*)/g);
    const flags = calls.flatMap(({ file, name: line }) =>
      [...line.matchAll(/ --?([a-z][A-Za-z-]+)/g)].map(([, name = '']) => ({ file, name })),
    );
    const known = [...Object.keys(flaggerFlags), ...Object.keys(argoFlags), 'help'];
    expect(flags.filter(({ name }) => !known.includes(name))).toEqual([]);
  });

  it('are all told to those who come from Flagger', () => {
    const shown = Object.entries(flaggerFlags).filter(([, { help }]) => help !== '');
    const text = page('docs/guides/move-from-flagger.md');
    expect(shown.map(([name]) => name).filter((name) => !text.includes(`\`${name}\``))).toEqual([]);
  });
});

type Parsed = { readonly ok: true } | { readonly ok: false; readonly problems: readonly unknown[] };

const parsers: Readonly<Record<string, (object: KubeObject) => Parsed>> = {
  Canary: parseCanary,
  MetricTemplate: parseMetricTemplate,
  AlertProvider: parseAlertProvider,
};

describe('examples', () => {
  const examples = pages.flatMap(({ file, text }) =>
    blocksOf(text)
      .filter(({ language }) => language === 'yaml')
      .map(({ body }, index) => [`${file}, example ${index + 1}`, body] as const),
  );

  it.each(examples)('%s is YAML, and a resource in it can be read', (_name, body) => {
    expect(parseAllDocuments(body).flatMap(problemsOf)).toEqual([]);
  });
});

function problemsOf(document: Document): readonly unknown[] {
  if (document.errors.length > 0) return document.errors;
  const object = document.toJS() as KubeObject; // or a fragment, whose kind is not one of these
  const { kind = '' } = object as { kind?: string };
  const parsed = Object.hasOwn(parsers, kind) ? parsers[kind]?.(object) : undefined;
  return parsed?.ok === false ? parsed.problems : [];
}

describe('lists', () => {
  it('in the README name every router', () => {
    const line = /^- \*\*Routers\*\*: (.+(?:\n .+)*)$/m.exec(page('README.md'))?.[1] ?? '';
    const named = [...line.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);
    expect(named.toSorted()).toEqual(Object.keys(routers).toSorted());
  });

  it('in the guide to metrics name every provider', () => {
    const table = /Providers:\n\n([\s\S]*?)\n\n/.exec(page('docs/guides/metrics.md'))?.[1] ?? '';
    const named = [...table.matchAll(/^\| `([a-z]+)` \|/gm)].map(([, name = '']) => name);
    expect(named.toSorted()).toEqual(Object.keys(providers).toSorted());
  });

  it('in the guide to providers of analyses name each one', () => {
    const [table = ''] = page('docs/guides/analysis-providers.md').split('An error is');
    const named = [...table.matchAll(/^\| `([a-zA-Z]+)` \|/gm)].map(([, name = '']) => name).slice(1);
    expect(named.toSorted()).toEqual(Object.keys(analysisProviders).toSorted());
  });

  it('of dependencies are those of package.json', () => {
    const { dependencies, devDependencies } = JSON.parse(read('package.json')) as Record<string, object>; // its schema
    const [used = '', leftOut = ''] = page('docs/dependencies.md').split('## Looked at and left out');
    const rows = [...used.matchAll(/^\| (`.+?`) \|/gm)].flatMap(([, names = '']) => namesIn(names));
    const installed = Object.keys({ ...dependencies, ...devDependencies });
    expect(rows.filter((name) => !installed.includes(name))).toEqual([]);
    expect(installed.filter((name) => !rows.includes(name) && !namesIn(leftOut).includes(name))).toEqual([]);
  });

  it('of proofs name tests that exist', () => {
    const cells = [...page('docs/compatibility.md').matchAll(/\| ([^|]*(?:\.test\.ts|\btraces? `)[^|]*) \|$/gm)];
    expect(cells.length).toBeGreaterThan(0);
    const wrong = cells.flatMap(([, cell = '']) => brokenProofs(cell));
    expect(wrong).toEqual([]);
  });
});

function namesIn(text: string): readonly string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);
}

/** Of a cell such as "`canary-run.test.ts` `[canary-13]`, trace `weights`": files and traces that are missing, and ids that the file before them does not have. */
function brokenProofs(cell: string): readonly string[] {
  let text = '';
  return namesIn(cell).flatMap((name) => {
    if (name.startsWith('[')) return text.includes(name) ? [] : [name];
    if (!name.includes('.')) return isTrace(name) ? [] : [name];
    const file = name.includes('/') ? name : `test/conformance/${name}`;
    if (!existsSync(path.join(root, file))) return [file];
    text = read(file);
    return [];
  });
}

const traces = findFolders(path.join(root, 'test/conformance/traces')).map(({ name }) => name);

/** `weights`, or `bad-first-version*` for all that begin so. */
function isTrace(name: string): boolean {
  return name.endsWith('*') ? traces.some((one) => one.startsWith(name.slice(0, -1))) : traces.includes(name);
}
