/** A condition as data. Parentheses are gone; `let`, `if` and `a ? b : c` are kept as what they mean. */

export type UnaryOp = 'not' | '!' | '+' | '-';

export type BinaryOp =
  | 'or'
  | '||'
  | 'and'
  | '&&'
  | '=='
  | '!='
  | '<'
  | '>'
  | '<='
  | '>='
  | 'in'
  | 'matches'
  | 'contains'
  | 'startsWith'
  | 'endsWith'
  | '..'
  | '+'
  | '-'
  | '*'
  | '/'
  | '%'
  | '**'
  | '^'
  | '??';

export type Node =
  | { readonly kind: 'nil' }
  | { readonly kind: 'bool'; readonly value: boolean }
  | { readonly kind: 'int'; readonly value: bigint }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'bytes'; readonly value: readonly number[] }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'list'; readonly items: readonly Node[] }
  | { readonly kind: 'map'; readonly pairs: readonly Pair[] }
  | { readonly kind: 'unary'; readonly op: UnaryOp; readonly operand: Node }
  | { readonly kind: 'binary'; readonly op: BinaryOp; readonly left: Node; readonly right: Node }
  | Member
  /** The end of what `?.` leaves out when its left side is nil. */
  | { readonly kind: 'chain'; readonly body: Node }
  | { readonly kind: 'slice'; readonly object: Node; readonly from?: Node; readonly to?: Node }
  | { readonly kind: 'call'; readonly callee: Node; readonly args: readonly Node[] }
  | { readonly kind: 'builtin'; readonly name: string; readonly args: readonly Node[] }
  | { readonly kind: 'predicate'; readonly body: Node }
  /** `#`, `#index`, `#acc`; the name is empty for the element itself. */
  | { readonly kind: 'pointer'; readonly name: string }
  | { readonly kind: 'let'; readonly name: string; readonly value: Node; readonly body: Node }
  | { readonly kind: 'if'; readonly condition: Node; readonly yes: Node; readonly no: Node }
  | { readonly kind: 'sequence'; readonly items: readonly Node[] };

export interface Member {
  readonly kind: 'member';
  readonly object: Node;
  readonly property: Node;
  readonly optional: boolean;
}

export interface Pair {
  readonly key: Node;
  readonly value: Node;
}

export function childrenOf(node: Node): readonly Node[] {
  switch (node.kind) {
    case 'list':
    case 'sequence':
      return node.items;
    case 'map':
      return node.pairs.flatMap((pair) => [pair.key, pair.value]);
    case 'unary':
      return [node.operand];
    case 'binary':
      return [node.left, node.right];
    case 'member':
      return [node.object, node.property];
    case 'slice':
      return [node.object, node.from, node.to].filter((child) => child !== undefined);
    case 'call':
      return [node.callee, ...node.args];
    case 'builtin':
      return node.args;
    case 'chain':
    case 'predicate':
      return [node.body];
    case 'let':
      return [node.value, node.body];
    case 'if':
      return [node.condition, node.yes, node.no];
    case 'nil':
    case 'bool':
    case 'int':
    case 'float':
    case 'string':
    case 'bytes':
    case 'name':
    case 'pointer':
      return [];
  }
}
