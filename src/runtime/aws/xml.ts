/** The XML of AWS's query protocol: elements with elements or text in them, lists as elements named `member`. */

export interface Element {
  readonly name: string;
  readonly children: readonly Element[];
  readonly text: string;
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** The element that holds all others. Throws `Error` for what is no such document. */
export function parseXml(document: string): Element {
  const root = { name: '', children: [] as Element[], text: '' };
  const open = [root];
  const tokens = document.matchAll(/<[?!][^>]*>|<(\/?)([\w:.-]+)[^>]*?(\/?)>|([^<]+)/g);
  for (const [, closes, name, isEmpty, text] of tokens) {
    const current = open.at(-1) ?? root;
    if (text !== undefined) current.text += decoded(text);
    else if (name === undefined) continue;
    else if (closes === '/') {
      if (open.pop()?.name !== name) throw new Error(`Cannot read an XML document: </${name}> closes nothing`);
    } else {
      const element = { name, children: [], text: '' };
      current.children.push(element);
      if (isEmpty !== '/') open.push(element);
    }
  }
  const [top] = root.children;
  if (open.length !== 1 || top === undefined) throw new Error('Cannot read an XML document: it ends too early');
  return top;
}

export function childOf(element: Element | undefined, ...path: readonly string[]): Element | undefined {
  return path.reduce<Element | undefined>((at, name) => at?.children.find((child) => child.name === name), element);
}

/** The text of an element at a path; empty where there is none. */
export function textOf(element: Element | undefined, ...path: readonly string[]): string {
  return childOf(element, ...path)?.text.trim() ?? '';
}

/** The items of a list at a path. */
export function membersOf(element: Element | undefined, ...path: readonly string[]): readonly Element[] {
  return childOf(element, ...path)?.children.filter(({ name }) => name === 'member') ?? [];
}

function decoded(text: string): string {
  return text.replaceAll(/&(#x?[\da-fA-F]+|\w+);/g, (whole, entity: string) => {
    if (!entity.startsWith('#')) return entities[entity] ?? whole;
    const code = entity.startsWith('#x') ? Number.parseInt(entity.slice(2), 16) : Number(entity.slice(1));
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}
