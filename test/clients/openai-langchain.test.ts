import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { HumanMessage, ToolMessage } from '@langchain/core/messages';
import type { UsageMetadata } from '@langchain/core/messages';
import { ChatOpenAI, OpenAIEmbeddings } from '@langchain/openai';
import { MODEL, USAGE, startGateway, tokensOf } from '../runtime/local/gateway-harness.ts';
import type { Harness } from '../runtime/local/gateway-harness.ts';
import { CLAUDE, EMBEDDINGS, understandingAnswer } from './openai-answers.ts';

const parameters = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
const weather = {
  type: 'function' as const,
  function: { name: 'weather', description: 'says the weather', parameters },
};
const INPUT_TOKENS = USAGE.input + USAGE.cache_read + USAGE.cache_write_5m + USAGE.cache_write_1h;

let harness: Harness;

beforeAll(async () => {
  harness = await startGateway({ answer: understandingAnswer });
});

afterAll(async () => {
  expect(tokensOf(harness.lines())).toEqual(harness.models.counts().tokens);
  expect(harness.errors).toEqual([]);
  await harness.stop();
});

function clientOf() {
  return { apiKey: harness.key, configuration: { baseURL: `${harness.url}/v1` }, maxRetries: 0 };
}

function chat(differs: ConstructorParameters<typeof ChatOpenAI>[0] & object = {}): ChatOpenAI {
  return new ChatOpenAI({ ...clientOf(), model: MODEL, ...differs });
}

describe.each([false, true])("LangChain's ChatOpenAI (Responses API: %j)", (useResponsesApi) => {
  const model = () => chat({ useResponsesApi });

  it('answers, and counts', async () => {
    const message = await model().invoke([new HumanMessage('hello')]);

    expect(message.text).toBe('I saw text.');
    expect(message.usage_metadata).toMatchObject({
      ...{ input_tokens: INPUT_TOKENS, output_tokens: USAGE.output },
      input_token_details: { cache_read: USAGE.cache_read },
    });
  });

  it('streams, and counts', async () => {
    let [text, tokens] = ['', 0];
    for await (const chunk of await model().stream('hello')) {
      text += chunk.text;
      tokens += (chunk.usage_metadata as UsageMetadata | undefined)?.total_tokens ?? 0;
    }

    expect(text).toBe('I saw text.');
    expect(tokens).toBe(INPUT_TOKENS + USAGE.output);
  });

  it('uses tools and takes what they answered', async () => {
    const bound = model().bindTools([weather]);
    const asked = new HumanMessage('Bonn');
    const called = await bound.invoke([asked]);
    const [call] = called.tool_calls ?? [];

    expect(call).toMatchObject({ name: 'weather', args: { city: 'Bonn' } });
    const result = new ToolMessage({ content: 'rain', tool_call_id: call!.id! });
    const answer = await bound.invoke([asked, called, result]);
    expect(answer.text).toContain('toolUse toolResult and rain');
  });

  it.each([MODEL, CLAUDE])('answers in JSON of a schema: %s', async (name) => {
    const structured = chat({ useResponsesApi, model: name }).withStructuredOutput(
      { title: 'place', ...parameters },
      { name: 'place', method: 'jsonSchema' },
    );

    expect(await structured.invoke('Bonn')).toEqual({ city: 'Bonn' });
  });
});

describe("LangChain's OpenAIEmbeddings", () => {
  it('embeds documents and questions alike', async () => {
    const embeddings = new OpenAIEmbeddings({ ...clientOf(), model: EMBEDDINGS, dimensions: 256 });
    const [first, second] = await embeddings.embedDocuments(['one', 'two']);

    expect([first?.length, second?.length]).toEqual([256, 256]);
    expect(await embeddings.embedQuery('one')).toEqual(first);
  });
});
