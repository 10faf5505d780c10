/** `lint`: says about a file, without a cluster, what the controller would say about what it holds. */
import { command, UsageError } from '../command.ts';
import { boolFlag, stringFlag } from '../flags.ts';

export const lintCommand = command({
  use: 'lint',
  summary: 'Check the rollouts of a file',
  description: `Check the Rollouts of a file, and the Services, Ingresses, VirtualServices and analysis templates that they name and
that the file holds as well. No cluster is needed. Each problem is told with the file and the line.`,
  example: `
  # Check a file
  kubectl argo rollouts lint -f my-rollout.yaml

  # Refuse also what names objects that the file does not hold
  kubectl argo rollouts lint -f my-rollout.yaml --require-references`,
  flags: {
    filename: stringFlag('', 'File to check', { short: 'f' }),
    'require-references': boolFlag(false, 'Refuse a rollout that names objects which the file does not hold'),
  },
  async run({ flags, io }) {
    if (flags.filename === '') throw new UsageError();
    const { lint } = await import('../lint.ts');
    const found = await lint(flags.filename, { requiresReferences: flags['require-references'] });
    for (const { place, field, text } of found)
      io.stdout(`${text}\n  at ${place}${field === '' ? '' : ` (${field})`}\n`);
    const [first] = found;
    if (first !== undefined) throw new Error(withField(first.field, first.text));
  },
});

const withField = (field: string, text: string): string => (field === '' ? text : `${field}: ${text}`);
