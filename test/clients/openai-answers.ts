import type { ContentBlock } from '../../domain/converse.ts';
import { NO_TOKENS } from '../../domain/meters.ts';
import type { InvokeCall, ModelCall } from '../../domain/model-call.ts';
import type { SimulatedAnswer } from '../../runtime/local/simulated/simulated-bedrock.ts';
import { simulatedEmbeddings } from '../../runtime/local/simulated/simulated-embeddings.ts';
import { USAGE } from '../runtime/local/gateway-harness.ts';

export const EMBEDDINGS = 'amazon.titan-embed-text-v2:0';
export const COHERE = 'cohere.embed-english-v3';
/** A model that Converse itself holds to a schema. */
export const CLAUDE = 'anthropic.claude-opus-5-5';
/** Tokens that the simulated model counts for each text of a call for embeddings. */
export const TOKENS_PER_TEXT = 3;

/**
 * A model with a small understanding: it uses the first tool it is offered with the words of the user
 * until it has an answer, answers in JSON where it must, thinks if told to, and says what it saw.
 */
export function understandingAnswer(call: ModelCall): SimulatedAnswer {
  const answer = { usage: USAGE, firstByteMs: 1, generateMs: 4 };
  if (call.kind === 'invoke') return embeddings(call);
  const { messages, toolConfig, system = [] } = call.request;
  const last = messages.at(-1)?.content ?? [];
  const results = last.flatMap(({ toolResult }) => toolResult?.content ?? []);
  const [tool] = toolConfig?.tools ?? [];
  if (tool?.toolSpec && results.length === 0) {
    const json = JSON.stringify({ city: textOf(last) });
    return {
      ...{ ...answer, end: { stopReason: 'tool_use' } },
      text: [
        ...[
          { type: 'reasoning', text: 'A tool ' } as const,
          { type: 'reasoning', text: 'helps.' } as const,
        ],
        ...[
          { type: 'reasoning_signature', signature: 'c2ln' } as const,
          { type: 'block_end' } as const,
        ],
        { type: 'tool_use', toolUseId: 'tooluse_1', name: tool.toolSpec.name },
        { type: 'tool_input', json: json.slice(0, 5) },
        ...[{ type: 'tool_input', json: json.slice(5) } as const, { type: 'block_end' } as const],
      ],
    };
  }
  if (call.request['outputConfig']) return { ...answer, text: ['{"city":', '"Bonn"}'] };
  const seen = [...system, ...messages.flatMap(({ content }) => content)].map(nameOf);
  const thought = messages.flatMap(({ content }) => content).some((one) => one.reasoningContent);
  const told = (results as readonly ContentBlock[]).map(({ text }) => text ?? '').join('');
  const words = [
    'I saw ',
    seen.join(' '),
    told === '' ? '' : ` and ${told}`,
    thought ? ', as I thought' : '',
    '.',
  ];
  return { ...answer, text: words.filter((word) => word !== '') };
}

function embeddings(call: InvokeCall): SimulatedAnswer {
  const replies = simulatedEmbeddings(call) ?? [];
  const texts = call.bodies.reduce((sum, body) => {
    const { texts: many } = JSON.parse(new TextDecoder().decode(body)) as { texts?: string[] };
    return sum + (many?.length ?? 1);
  }, 0);
  const body = { type: 'body', contentType: 'application/json' } as const;
  return {
    ...{ usage: { ...NO_TOKENS, input: TOKENS_PER_TEXT * texts }, firstByteMs: 1, generateMs: 0 },
    text: replies.map((bytes) => ({ ...body, bytes })),
  };
}

function textOf(blocks: readonly ContentBlock[]): string {
  return blocks.map(({ text }) => text ?? '').join('');
}

/** What kind of block it is. */
function nameOf(block: ContentBlock): string {
  return Object.keys(block)[0] ?? 'nothing';
}
