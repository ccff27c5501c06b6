// Expressions of Go (The Go Programming Language Specification, "Expressions"), as far as a debugger evaluates them.

/** Offsets into the text, in UTF-16 units; `end` exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export type UnaryOperator = '+' | '-' | '!' | '^' | '*' | '&';
export type BinaryOperator =
  | ('||' | '&&')
  | ('==' | '!=' | '<' | '<=' | '>' | '>=')
  | ('+' | '-' | '|' | '^')
  | ('*' | '/' | '%' | '<<' | '>>' | '&' | '&^');

export type Expression = Span &
  (
    | { readonly kind: 'name'; readonly name: string }
    | { readonly kind: 'int' | 'rune'; readonly value: bigint }
    | { readonly kind: 'float'; readonly value: number }
    /** A character a byte. */
    | { readonly kind: 'string'; readonly bytes: string }
    | { readonly kind: 'selector'; readonly operand: Expression; readonly field: string; readonly at: Span }
    | { readonly kind: 'assertion'; readonly operand: Expression; readonly type: string; readonly at: Span }
    | { readonly kind: 'index'; readonly operand: Expression; readonly index: Expression }
    | { readonly kind: 'call'; readonly function: Expression; readonly arguments: readonly Expression[] }
    | { readonly kind: 'unary'; readonly operator: UnaryOperator; readonly operand: Expression }
    | {
        readonly kind: 'binary';
        readonly operator: BinaryOperator;
        readonly left: Expression;
        readonly right: Expression;
      }
  );

/** How tightly binary operators bind; larger is tighter. */
export const PRECEDENCE: ReadonlyMap<string, number> = new Map(
  [
    ['||'],
    ['&&'],
    ['==', '!=', '<', '<=', '>', '>='],
    ['+', '-', '|', '^'],
    ['*', '/', '%', '<<', '>>', '&', '&^'],
  ].flatMap((operators, i) => operators.map((operator): [string, number] => [operator, i + 1])),
);
