/** Label selectors as the schemas of our kinds have them; their type is `LabelSelector` of `workload.ts`. */
import * as z from 'zod';
import { text, textMap, texts } from './schema.ts';

export const labelSelector = z
  .object({
    matchLabels: textMap.exactOptional(),
    matchExpressions: z
      .array(z.object({ key: text, operator: text, values: texts.exactOptional() }))
      .exactOptional()
      .describe('All of them must hold; operators: `In`, `NotIn`, `Exists`, `DoesNotExist`.'),
  })
  .meta({ 'x-kubernetes-map-type': 'atomic' });
