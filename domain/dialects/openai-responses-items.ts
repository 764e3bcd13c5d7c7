import type { EventId } from '../event-id.ts';
import type { ModelEvent } from '../model-call.ts';
import { packThought } from './openai-reasoning.ts';
import type { Thought } from './openai-reasoning.ts';

/** An event of a stream, but for its number. */
export type ItemEvent = { readonly type: string } & Readonly<Record<string, unknown>>;

/** An item of an answer in the making. */
interface OpenItem {
  readonly kind: 'message' | 'function_call' | 'reasoning';
  readonly begun: readonly ItemEvent[];
  /** Takes in an event of the item; tells what it adds. */
  readonly take: (event: ModelEvent) => readonly ItemEvent[];
  /** Ends it: its last events, and the item as the answer holds it. */
  readonly close: (status: string) => { readonly events: readonly ItemEvent[]; item: object };
}

interface Place {
  readonly item_id: string;
  readonly output_index: number;
}

/**
 * Turns a model's events into the items of a response. Texts that follow one another are one message,
 * as the blocks between them mean nothing to OpenAI's clients.
 */
export function createResponseItems(id: EventId, encryptedReasoning: boolean) {
  const output: object[] = [];
  let open: OpenItem | null = null;
  let ended = false;

  function close(status: string): readonly ItemEvent[] {
    if (!open) return [];
    const { events, item } = open.close(status);
    const place = output.push(item) - 1;
    [open, ended] = [null, false];
    return [...events, { type: 'response.output_item.done', output_index: place, item }];
  }

  function opened(item: OpenItem): readonly ItemEvent[] {
    const before = close('completed');
    open = item;
    return [...before, ...item.begun];
  }

  function placeOf(prefix: string): Place {
    const index = open ? output.length + 1 : output.length;
    return { item_id: `${prefix}_${id}_${index}`, output_index: index };
  }

  function take(event: ModelEvent): readonly ItemEvent[] {
    const kind = KINDS[event.type];
    // Whether the item is whole is known only when something follows it.
    if (event.type === 'block_end') ended = open?.kind !== 'message';
    if (kind === undefined) return [];
    const fresh = event.type === 'tool_use' || open?.kind !== kind || ended;
    const before = fresh ? opened(openItem(event, placeOf)) : [];
    return [...before, ...(open?.take(event) ?? [])];
  }

  function openItem(event: ModelEvent, place: typeof placeOf): OpenItem {
    if (event.type === 'tool_use') return functionCall(place('fc'), event);
    if (event.type === 'text') return message(place('msg'));
    return reasoning(place('rs'), encryptedReasoning);
  }

  return { take, close, output: output as readonly object[] };
}

const KINDS: Partial<Record<ModelEvent['type'], OpenItem['kind']>> = {
  text: 'message',
  tool_use: 'function_call',
  tool_input: 'function_call',
  reasoning: 'reasoning',
  reasoning_signature: 'reasoning',
  redacted_reasoning: 'reasoning',
};

function added({ item_id: id, output_index: index }: Place, item: object): ItemEvent {
  const { type, ...rest } = item as { readonly type: string };
  const began = { id, type, status: 'in_progress', ...rest };
  return { type: 'response.output_item.added', output_index: index, item: began };
}

function message(place: Place): OpenItem {
  const at = { ...place, content_index: 0 };
  const partOf = (text: string) => ({ type: 'output_text', text, annotations: [], logprobs: [] });
  const said = { type: 'message', role: 'assistant' };
  let text = '';
  return {
    kind: 'message',
    begun: [
      added(place, { ...said, content: [] }),
      { type: 'response.content_part.added', ...at, part: partOf('') },
    ],
    take: (event) => {
      if (event.type !== 'text') return [];
      text += event.text;
      return [{ type: 'response.output_text.delta', ...at, delta: event.text, logprobs: [] }];
    },
    close: (status) => ({
      events: [
        { type: 'response.output_text.done', ...at, text, logprobs: [] },
        { type: 'response.content_part.done', ...at, part: partOf(text) },
      ],
      item: { id: place.item_id, ...said, status, content: [partOf(text)] },
    }),
  };
}

function functionCall(
  place: Place,
  { toolUseId, name }: Extract<ModelEvent, { type: 'tool_use' }>,
): OpenItem {
  const called = { type: 'function_call', call_id: toolUseId, name };
  const delta = 'response.function_call_arguments.delta';
  let json = '';
  return {
    kind: 'function_call',
    begun: [added(place, { ...called, arguments: '' })],
    take: (event) => {
      if (event.type !== 'tool_input' || event.json === '') return [];
      json += event.json;
      return [{ type: delta, ...place, delta: event.json }];
    },
    close: (status) => {
      // A tool without input has an empty object: its text must be JSON.
      const silent = json === '';
      if (silent) json = '{}';
      const done = { type: 'response.function_call_arguments.done', ...place, name };
      return {
        events: [
          ...(silent ? [{ type: delta, ...place, delta: json }] : []),
          { ...done, arguments: json },
        ],
        item: { id: place.item_id, ...called, arguments: json, status },
      };
    },
  };
}

function reasoning(place: Place, encrypted: boolean): OpenItem {
  const at = { ...place, summary_index: 0 };
  const part = (text: string) => ({ type: 'summary_text', text });
  const thought = { text: '', signature: null as string | null, redacted: [] as string[] };
  const part0 = 'response.reasoning_summary_part';
  const text0 = 'response.reasoning_summary_text';
  return {
    kind: 'reasoning',
    begun: [added(place, { type: 'reasoning', summary: [] })],
    take: (event) => {
      if (event.type === 'reasoning_signature') thought.signature = event.signature;
      if (event.type === 'redacted_reasoning') thought.redacted.push(event.data);
      if (event.type !== 'reasoning') return [];
      const first = thought.text === '' ? [{ type: `${part0}.added`, ...at, part: part('') }] : [];
      thought.text += event.text;
      return [...first, { type: `${text0}.delta`, ...at, delta: event.text }];
    },
    close: (status) => {
      const { text } = thought;
      const told = text !== '';
      const events = [
        { type: `${text0}.done`, ...at, text },
        { type: `${part0}.done`, ...at, part: part(text) },
      ];
      const summary = told ? [part(text)] : [];
      const packed = encrypted ? { encrypted_content: packThought(thought satisfies Thought) } : {};
      const item = { id: place.item_id, type: 'reasoning', status, summary, ...packed };
      return { events: told ? events : [], item };
    },
  };
}
