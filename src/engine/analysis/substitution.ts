/** Fills the placeholders of a text: what stands between `{{` and `}}`. */

export type Filled = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly message: string };

/** `valueOf` gives what stands for a tag, `undefined` where it is not known. A value is not filled in turn. */
export function fillPlaceholders(template: string, valueOf: (tag: string) => string | undefined): Filled {
  let text = '';
  let rest = template;
  let unresolved: string | undefined;
  for (let open = rest.indexOf('{{'); open !== -1; open = rest.indexOf('{{')) {
    const close = rest.indexOf('}}', open + 2);
    if (close === -1) {
      const from = rest.slice(open + 2);
      return {
        ok: false,
        message: `Cannot find end tag="}}" in the template=${JSON.stringify(template)} starting from ${JSON.stringify(from)}`,
      };
    }
    const tag = rest.slice(open + 2, close);
    const value = valueOf(tag.trim());
    // Of several the last one is told.
    if (value === undefined) unresolved = tag;
    text += rest.slice(0, open) + (value ?? '');
    rest = rest.slice(close + 2);
  }
  if (unresolved !== undefined) return { ok: false, message: `failed to resolve {{${unresolved}}}` };
  return { ok: true, text: text + rest };
}
