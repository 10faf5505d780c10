/** Scenarios as users write them: what is applied, what the servers answer, what is done when. */
import { readFileSync } from 'node:fs';
import { parseDocument } from 'yaml';
import * as z from 'zod';
import { HookAnswer } from '#sandbox/webhook-receiver.ts';
import { MetricAnswer, ScriptedMetric } from '#sandbox/scripted-metrics.ts';
import { mapTexts } from './json.ts';
import type { Addresses } from './normalise.ts';

const objectKey = z.string().regex(/^[A-Z][A-Za-z]*\/.+$/, 'must be Kind/name');

const manifest = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string(), namespace: z.string().optional() }),
});

const expectation = z.union([z.literal('gone'), z.record(z.string(), z.unknown())]);

const when = z.record(objectKey, expectation);

const action = z.union(
  [
    z.strictObject({ apply: z.union([manifest, z.array(manifest)]) }),
    z.strictObject({ patch: z.record(objectKey, z.looseObject({})) }),
    z.strictObject({ patchStatus: z.record(objectKey, z.looseObject({})) }),
    z.strictObject({ setImage: z.record(objectKey, z.string()) }),
    z.strictObject({ scale: z.record(objectKey, z.int().min(0)) }),
    z.strictObject({ delete: objectKey }),
    z.strictObject({ metric: z.record(z.string(), MetricAnswer) }),
    z.strictObject({ hook: z.record(z.string(), HookAnswer) }),
    z.strictObject({ gateway: z.enum(['accepts', 'rejects', 'silent']) }),
    z.strictObject({ plugin: z.string() }),
  ],
  {
    error:
      'must be one of apply, patch, patchStatus, setImage, scale, delete, metric, hook, gateway, plugin, as the format describes it',
  },
);

const step = z.strictObject({
  when: when.nullish(),
  'at once': z.boolean().default(false),
  after: z.number().min(0).default(0),
  do: z.array(action).default([]),
  refused: z.string().optional(),
});

const scenarioFile = z.strictObject({
  name: z.string(),
  description: z.string().default(''),
  controller: z.enum(['flagger', 'argo']),
  main: objectKey.optional(),
  manifests: z.array(manifest).min(1),
  metrics: z.array(ScriptedMetric).default([]),
  hooks: z.record(z.string(), HookAnswer).default({}),
  gateway: z.enum(['accepts', 'rejects', 'silent']).default('accepts'),
  quiet: z.number().positive().default(0.6),
  steps: z.array(step).default([]),
  end: z.strictObject({
    when: when.nullish(),
    'at once': z.boolean().default(false),
    after: z.number().min(0).default(0),
  }),
  timeout: z.number().positive().default(300),
});

export type Manifest = z.infer<typeof manifest>;
export type Expectation = z.infer<typeof expectation>;
export type When = z.infer<typeof when>;
export type Action = z.infer<typeof action>;
export type Step = z.infer<typeof step>;
/** A scenario whose main object is known; its end is the last step. */
export type Scenario = Omit<z.infer<typeof scenarioFile>, 'end' | 'main'> & { readonly main: string };

/** Bad input of a user: the message says which file, where in it, and what is wanted. */
export class ScenarioError extends Error {
  override readonly name = 'ScenarioError';
}

/** `${metrics}` and `${hooks}` become the given addresses wherever they stand. Throws `ScenarioError`. */
export function readScenario(path: string, addresses: Addresses): Scenario {
  return parseScenario(readFileSync(path, 'utf8'), path, addresses);
}

export function parseScenario(text: string, path: string, addresses: Addresses): Scenario {
  const document = parseDocument(text);
  const [mistake] = document.errors;
  if (mistake) throw new ScenarioError(`Cannot read ${path}: ${mistake.message}`);
  const filled = mapTexts(document.toJS(), (value) =>
    value.replaceAll('${metrics}', addresses.metrics).replaceAll('${hooks}', addresses.hooks),
  );
  const { data, error } = scenarioFile.safeParse(filled);
  if (error) throw new ScenarioError([`Cannot read ${path}:`, ...error.issues.map(issueLine)].join('\n'));
  const { end, main, ...rest } = data;
  return { ...rest, main: main ?? defaultMain(data.manifests, path), steps: [...rest.steps, { ...end, do: [] }] };
}

const mainKinds: readonly string[] = ['Canary', 'Rollout', 'Experiment', 'AnalysisRun'];

function defaultMain(manifests: readonly Manifest[], path: string): string {
  const main = manifests.find(({ kind }) => mainKinds.includes(kind));
  if (main) return `${main.kind}/${main.metadata.name}`;
  throw new ScenarioError(
    `Cannot read ${path}: no manifest is one of ${mainKinds.join(', ')}; name the main object in "main"`,
  );
}

function issueLine(issue: z.core.$ZodIssue): string {
  const place = issue.path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
  const messages = issue.code === 'invalid_key' ? issue.issues.map(({ message }) => message) : [issue.message];
  return `  ${place.replace(/^\./, '') || 'the file'}: ${messages.join(', ')}`;
}
