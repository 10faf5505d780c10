/**
 * Bundles the program and what it needs of its libraries into `dist/`, as the image ships it: `node deploy/bundle.ts`.
 * Run from its sources the controller needs 60 MB more, and another 60 where somebody has to log in: the models of client-node, which nothing uses.
 */
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { build, type BuildOptions, type OnResolveArgs, type Plugin } from 'esbuild';

import { buildFacts } from './build-facts.ts';

const repository = path.join(import.meta.dirname, '..');

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

/** Of undici only its connections are used, and its index loads all of `fetch`, WebSocket, caches and mocks. */
const onlyConnections: Plugin = {
  name: 'only-connections',
  setup(build) {
    build.onResolve({ filter: /^undici$/ }, () => ({ path: 'undici', namespace: 'connections' }));
    build.onLoad({ filter: /.*/, namespace: 'connections' }, () => ({
      contents: `
        import Dispatcher from 'undici/lib/dispatcher/dispatcher.js';
        import api from 'undici/lib/api/index.js';
        Object.assign(Dispatcher.prototype, api); // as its index does
        export { default as Agent } from 'undici/lib/dispatcher/agent.js';
        export { default as ProxyAgent } from 'undici/lib/dispatcher/proxy-agent.js';
        export const { fetch } = globalThis; // client-node's way to call, which nobody takes`,
      resolveDir: repository,
    }));
  },
};

/** Marks a question of the plugin's own, which the plugin leaves to esbuild. */
const resolved = 'resolved';

/**
 * Writes `serin.js` into the folder, with files beside it that are read when they are needed, and answers where it is. What the folder had
 * is gone. A command of a person at a desk has to start at once, and no process should hold what it does not run: reading the whole program
 * takes 0.1 s and 40 MB.
 */
export async function bundle(place: string): Promise<string> {
  const folder = path.resolve(place);
  const entry = path.join(folder, 'serin.js');
  const had = await readdir(folder).catch((): string[] => []);
  if (had.length > 0 && !had.includes('serin.js'))
    throw new Error(`Cannot bundle into ${folder}: it holds other files`);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await build({ ...options(), outdir: folder });
  // Without it Node would read each file twice to find out that it is a module.
  await writeFile(path.join(folder, 'package.json'), '{ "type": "module" }\n');
  return entry;
}

const options = (): BuildOptions => ({
  absWorkingDir: repository,
  entryPoints: ['src/cli/serin.ts'],
  bundle: true,
  splitting: true,
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
  plugins: [onlyKubeConfig, onlyConnections],
  define: { SERIN_BUILD: JSON.stringify(buildFacts(repository) ?? {}) },
  logLevel: 'warning',
});

if (import.meta.main) await bundle(process.argv[2] ?? path.join(repository, 'dist'));
