/** Google Chat: a webhook that takes cards, which know no severity. */
import { subjectOf, type Notifier } from './notifier.ts';

export const gchat: Notifier = (alert, { address }) => ({
  url: address,
  body: {
    cards: [
      {
        header: { title: 'Flagger', subtitle: subjectOf(alert), imageUrl: 'https://flagger.app/favicon.png' },
        sections: [
          section(strong(alert.message)),
          ...alert.fields.map(({ name, value }) => section(`${name}<br>${strong(value)}`)),
        ],
      },
    ],
  },
});

function section(text: string): object {
  return { widgets: [{ textParagraph: { text } }] };
}

function strong(text: string): string {
  return `<font color=#848484><strong>${escaped(text)}</strong></font>`;
}

/** Cards are read as HTML. */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
