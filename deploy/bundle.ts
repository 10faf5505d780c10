/**
 * Bundles the program and what it needs of its libraries into `dist/serin.js`, as the image ships it: `node deploy/bundle.ts`.
 * Run from its sources the controller needs 100 MB more, nearly all of it for the models of client-node that nothing uses.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { build, type BuildOptions, type OnResolveArgs, type Plugin } from 'esbuild';

import { buildFacts } from './build-facts.ts';

const repository = path.join(import.meta.dirname, '..');
export const bundleFile = path.join(repository, 'dist', 'serin.js');

/** CommonJS libraries ask for Node's own modules by `require`, which a module does not have. */
const banner = `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);`;

/** Of client-node only `KubeConfig` is used. Its index re-exports everything, and a dynamic import keeps whatever a module exports. */
const onlyKubeConfig: Plugin = {
  name: 'only-kube-config',
  setup(build) {
    const found = async ({ path, importer, resolveDir, kind }: OnResolveArgs): Promise<string> =>
      (await build.resolve(path, { importer, resolveDir, kind, pluginData: resolved })).path;
    build.onResolve({ filter: /^@kubernetes\/client-node$/ }, async (args) => {
      if (args.pluginData === resolved) return undefined;
      return { path: path.join(path.dirname(await found(args)), 'config.js'), sideEffects: false };
    });
    build.onResolve({ filter: /^\.\.?\// }, async (args) => {
      if (args.pluginData === resolved || !args.importer.includes('/@kubernetes/client-node/')) return undefined;
      // Its files only define things, so that those nobody asks for can be left out.
      return { path: await found(args), sideEffects: false };
    });
  },
};

/** Marks a question of the plugin's own, which the plugin leaves to esbuild. */
const resolved = 'resolved';

/** One file with everything in it, as the image has it. */
export async function bundle(file: string): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  await build({ ...common(), outfile: file });
}

/**
 * `serin.js` with files beside it that are read when they are needed: a command of a person at a desk has to start at once,
 * and reading the whole program takes 0.1 s.
 */
export async function bundleInParts(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  await build({ ...common(), outdir: folder, splitting: true });
  // Without it Node would read each file twice to find out that it is a module.
  await writeFile(path.join(folder, 'package.json'), '{ "type": "module" }\n');
  return path.join(folder, 'serin.js');
}

const common = (): BuildOptions => ({
  absWorkingDir: repository,
  entryPoints: ['src/cli/serin.ts'],
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node26',
  sourcemap: true,
  sourcesContent: false,
  // Names are kept: they are in stack traces and profiles.
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  banner: { js: banner },
  plugins: [onlyKubeConfig],
  define: { SERIN_BUILD: JSON.stringify(buildFacts(repository) ?? {}) },
  logLevel: 'warning',
});

if (import.meta.main) await bundle(process.argv[2] ?? bundleFile);
