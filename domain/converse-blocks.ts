import type { ContentBlock, JsonObject } from './converse.ts';
import type { ModelEvent } from './model-call.ts';

/** What a block of an answer holds; `redacted` is reasoning that only the model can read. */
export type BlockKind = 'text' | 'reasoning' | 'redacted' | 'tool_use' | 'native';

/** A delta of Converse's stream, as its wire has it. */
export type BlockDelta =
  | { readonly text: string }
  | { readonly toolUse: { readonly input: string } }
  | {
      readonly reasoningContent:
        | { readonly text: string }
        | { readonly signature: string }
        | { readonly redactedContent: string };
    }
  | JsonObject;

/** A tool that the model wants to be used. */
export interface ToolCalled {
  readonly toolUseId: string;
  readonly name: string;
}

/** An answer, block by block: each is started once, and stopped before the next one starts. */
export type BlockStep =
  | {
      readonly type: 'start';
      readonly index: number;
      readonly kind: BlockKind;
      readonly tool?: ToolCalled;
    }
  | {
      readonly type: 'delta';
      readonly index: number;
      readonly kind: BlockKind;
      readonly delta: BlockDelta;
    }
  | { readonly type: 'stop'; readonly index: number; readonly kind: BlockKind };

type BlockEvent = Exclude<
  ModelEvent,
  { readonly type: 'body' | 'chunk' | 'end' | 'block_end' | 'tool_use' }
>;

/**
 * Finds the blocks in the events of a model. A model need not end a block: another kind, another tool
 * or the end of the answer ends it as well.
 */
export function createBlockReader() {
  let index = -1;
  let open: BlockKind | null = null;

  function stop(): BlockStep[] {
    if (open === null) return [];
    const step = { type: 'stop', index, kind: open } as const;
    open = null;
    return [step];
  }

  function start(kind: BlockKind, tool?: ToolCalled): BlockStep[] {
    const steps = stop();
    index += 1;
    open = kind;
    return [...steps, { type: 'start', index, kind, ...(tool && { tool }) }];
  }

  return function stepsOf(event: ModelEvent): readonly BlockStep[] {
    const { type } = event;
    if (type === 'body' || type === 'chunk') return [];
    if (type === 'block_end' || type === 'end') return stop();
    if (type === 'tool_use') {
      return start('tool_use', { toolUseId: event.toolUseId, name: event.name });
    }
    const kind = kindOfEvent(event);
    // Reasoning that nobody can read comes whole: two of them are two blocks.
    const started = open === kind && kind !== 'redacted' ? [] : start(kind);
    return [...started, { type: 'delta', index, kind, delta: deltaOf(event) }];
  };
}

function kindOfEvent(event: BlockEvent): BlockKind {
  switch (event.type) {
    case 'text':
      return 'text';
    case 'reasoning':
    case 'reasoning_signature':
      return 'reasoning';
    case 'redacted_reasoning':
      return 'redacted';
    case 'tool_input':
      return 'tool_use';
    case 'native':
      // A citation belongs to the text that it is the source of.
      return 'citation' in event.delta ? 'text' : 'native';
  }
}

function deltaOf(event: BlockEvent): BlockDelta {
  switch (event.type) {
    case 'text':
      return { text: event.text };
    case 'reasoning':
      return { reasoningContent: { text: event.text } };
    case 'reasoning_signature':
      return { reasoningContent: { signature: event.signature } };
    case 'redacted_reasoning':
      return { reasoningContent: { redactedContent: event.data } };
    case 'tool_input':
      return { toolUse: { input: event.json } };
    case 'native':
      return event.delta;
  }
}

interface Draft {
  readonly kind: BlockKind;
  readonly tool: ToolCalled | null;
  text: string;
  signature: string | null;
  readonly citations: unknown[];
  readonly native: JsonObject[];
}

/** The content of a whole answer, as Converse has it. */
export function contentOf(events: readonly ModelEvent[]): readonly ContentBlock[] {
  const stepsOf = createBlockReader();
  const drafts: Draft[] = [];
  for (const step of events.flatMap(stepsOf)) {
    if (step.type === 'start') {
      const { kind, tool = null } = step;
      drafts.push({ kind, tool, text: '', signature: null, citations: [], native: [] });
    } else if (step.type === 'delta') {
      const draft = drafts.at(-1);
      if (draft) extend(draft, step.delta);
    }
  }
  return drafts.flatMap(blocksOf);
}

function extend(draft: Draft, delta: BlockDelta): void {
  if (draft.kind === 'native') draft.native.push(delta);
  else if ('citation' in delta) draft.citations.push(delta['citation']);
  else if ('text' in delta) draft.text += delta.text as string;
  else if ('toolUse' in delta) draft.text += (delta.toolUse as { input: string }).input;
  else {
    const reasoning = delta.reasoningContent as Readonly<Record<string, string>>;
    draft.text += reasoning['text'] ?? reasoning['redactedContent'] ?? '';
    draft.signature = reasoning['signature'] ?? draft.signature;
  }
}

function blocksOf(draft: Draft): readonly ContentBlock[] {
  const { kind, tool, text, signature, citations, native } = draft;
  switch (kind) {
    case 'native':
      return native;
    case 'redacted':
      return [{ reasoningContent: { redactedContent: text } }];
    case 'reasoning': {
      const reasoningText = { text, ...(signature !== null && { signature }) };
      return [{ reasoningContent: { reasoningText } }];
    }
    case 'tool_use':
      return tool ? [{ toolUse: { ...tool, input: inputOf(text) } }] : [];
    case 'text':
      return citations.length > 0
        ? [{ citationsContent: { content: [{ text }], citations } }]
        : [{ text }];
  }
}

/** A tool without input says nothing; an input that was cut off is told as far as it came. */
function inputOf(json: string): unknown {
  if (json === '') return {};
  try {
    return JSON.parse(json);
  } catch {
    return json;
  }
}
