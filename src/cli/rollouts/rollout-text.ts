/** What `get rollout` and `get experiment` print: a block of facts, an empty line, and the tree. */
import type { ExperimentInfo } from './experiment-info.ts';
import { type ImageInfo, imagesOf } from './images.ts';
import { paintIcon, paintTag, type Paint } from './paint.ts';
import type { RolloutInfo } from './rollout-info.ts';
import { tableText } from './table.ts';
import { type Drawing, experimentRows, rolloutRows, treeHeader } from './tree-rows.ts';

export function rolloutText(info: RolloutInfo, drawing: Drawing): string {
  const isCanary = info.strategy === 'Canary';
  const facts = [
    fact('Name:', info.name),
    fact('Namespace:', info.namespace),
    fact('Status:', `${paintIcon(drawing.paint, info.icon)} ${info.status}`),
    ...(info.message === '' ? [] : [fact('Message:', info.message)]),
    fact('Strategy:', info.strategy),
    ...(isCanary
      ? [
          fact('  Step:', info.step),
          fact('  SetWeight:', String(info.setWeight ?? 0)),
          fact('  ActualWeight:', String(info.actualWeight ?? 0)),
        ]
      : []),
    ...imageLines(imagesOf(info.replicaSets, info.experiments), drawing.paint),
    'Replicas:\n',
    fact('  Desired:', String(info.desired)),
    fact('  Current:', String(info.current)),
    fact('  Updated:', String(info.updated)),
    fact('  Ready:', String(info.ready)),
    fact('  Available:', String(info.available)),
  ];
  return `${facts.join('')}\n${tableText([treeHeader, ...rolloutRows(info, drawing)])}`;
}

export function experimentText(info: ExperimentInfo, drawing: Drawing): string {
  const facts = [
    fact('Name:', info.name),
    fact('Namespace:', info.namespace),
    fact('Status:', `${paintIcon(drawing.paint, info.icon)} ${info.status}`),
    ...(info.message === '' ? [] : [fact('Message:', info.message)]),
    ...imageLines(imagesOf([], [info]), drawing.paint),
  ];
  return `${facts.join('')}\n${tableText([treeHeader, ...experimentRows(info, drawing)])}`;
}

const labelWidth = 17;

const fact = (label: string, value: string): string => `${label.padEnd(labelWidth)}${value}\n`;

function imageLines(images: readonly ImageInfo[], paint: Paint): readonly string[] {
  return images.map(({ image, tags }, index) => {
    const shown = tags.length === 0 ? image : `${image} (${tags.map((tag) => paintTag(paint, tag)).join(', ')})`;
    return fact(index === 0 ? 'Images:' : '', shown);
  });
}
