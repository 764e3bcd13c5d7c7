/** Where an expression stands, and what it may see there. */
export interface Place {
  /** E.g. `States.RateWindow.Output`. */
  readonly path: string;
  /** Variables that some state in scope assigns. */
  readonly variables: ReadonlySet<string>;
  /** The members of `$states` that exist here, besides `input` and `context`. */
  readonly members: ReadonlySet<'result' | 'errorOutput'>;
  /** Whether `$states.context.Map` exists here. */
  readonly insideMap: boolean;
}

/** A node of JSONata's syntax tree; the package types it too loosely to be of use. */
export interface SyntaxNode {
  readonly type: string;
  readonly value?: unknown;
  readonly [field: string]: unknown;
}
