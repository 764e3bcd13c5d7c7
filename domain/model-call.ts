import type { TokenUsage } from './meters.ts';
import type { LatencyClass, Tier } from './usage-event.ts';

/** One turn of a conversation, text only. */
export interface ModelMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly text: string;
}

/** The canonical call every dialect is parsed into. */
export interface ModelCall {
  /** Dialect and operation, such as `openai.chat`. */
  readonly api: string;
  readonly modelRequested: string;
  readonly messages: readonly ModelMessage[];
  /** Most tokens that may be generated. */
  readonly maxTokens: number;
  readonly stream: boolean;
  readonly temperature?: number;
  readonly topP?: number;
  readonly stopSequences?: readonly string[];
}

export type StopReason = 'end_turn' | 'max_tokens' | 'stop_sequence' | 'content_filtered';

/** What happens while a model answers; `end` is last, and alone says what was used. */
export type ModelEvent =
  | { readonly type: 'text'; readonly text: string }
  | {
      readonly type: 'end';
      readonly stopReason: StopReason;
      /** Null when the model did not say: the outcome is then unknown, never zero. */
      readonly usage: TokenUsage | null;
      readonly tier: Tier;
      readonly latencyClass: LatencyClass;
      readonly upstreamId: string;
    };

export type ModelFailure = 'throttled' | 'client_error' | 'upstream_error' | 'timeout' | 'cut';

/** An attempt that failed upstream. */
export class ModelError extends Error {
  override readonly name = 'ModelError';
  readonly failure: ModelFailure;
  readonly upstreamId: string | null;
  /** Tokens that the failed attempt is known to have used; null if nobody said. */
  readonly usage: TokenUsage | null;

  constructor(
    failure: ModelFailure,
    message: string,
    known: { readonly upstreamId?: string | null; readonly usage?: TokenUsage | null } = {},
  ) {
    super(message);
    this.failure = failure;
    this.upstreamId = known.upstreamId ?? null;
    this.usage = known.usage ?? null;
  }
}
