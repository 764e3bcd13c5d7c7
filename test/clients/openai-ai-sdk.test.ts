import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createOpenAI } from '@ai-sdk/openai';
import type { OpenAIProvider } from '@ai-sdk/openai';
import { Output, embedMany, generateText, jsonSchema, stepCountIs, streamText, tool } from 'ai';
import { MODEL, USAGE, startGateway, tokensOf } from '../runtime/local/gateway-harness.ts';
import type { Harness } from '../runtime/local/gateway-harness.ts';
import { CLAUDE, EMBEDDINGS, TOKENS_PER_TEXT, understandingAnswer } from './openai-answers.ts';

const INPUT_TOKENS = USAGE.input + USAGE.cache_read + USAGE.cache_write_5m + USAGE.cache_write_1h;
const place = jsonSchema<{ city: string }>({
  ...{ type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  additionalProperties: false,
});

let harness: Harness;
let openai: OpenAIProvider;

beforeAll(async () => {
  harness = await startGateway({ answer: understandingAnswer });
  openai = createOpenAI({ apiKey: harness.key, baseURL: `${harness.url}/v1` });
});

afterAll(async () => {
  expect(tokensOf(harness.lines())).toEqual(harness.models.counts().tokens);
  expect(harness.errors).toEqual([]);
  await harness.stop();
});

/** Nothing is kept on the server: the SDK sends items whole instead of their names. */
const providerOptions = { openai: { store: false, include: ['reasoning.encrypted_content'] } };

describe.each(['chat', 'responses'] as const)("Vercel's AI SDK over %s", (api) => {
  const model = (id = MODEL) => (api === 'chat' ? openai.chat(id) : openai.responses(id));

  it('answers, and counts', async () => {
    const { text, usage, finishReason } = await generateText({
      ...{ model: model(), instructions: 'be brief', prompt: 'hello', maxRetries: 0 },
    });

    expect(text).toBe('I saw text text.');
    expect(finishReason).toBe('stop');
    expect(usage).toMatchObject({
      ...{ inputTokens: INPUT_TOKENS, outputTokens: USAGE.output },
      inputTokenDetails: { cacheReadTokens: USAGE.cache_read },
    });
  });

  it('streams, and counts', async () => {
    const { textStream, usage } = streamText({ model: model(), prompt: 'hello', maxRetries: 0 });
    let text = '';
    for await (const piece of textStream) text += piece;

    expect(text).toBe('I saw text.');
    expect((await usage).outputTokens).toBe(USAGE.output);
  });

  it.each([false, true])('runs tools over several steps (streamed: %j)', async (streamed) => {
    const asked: unknown[] = [];
    const weather = tool({
      ...{ description: 'says the weather', inputSchema: place },
      execute: (given) => {
        asked.push(given);
        return 'rain';
      },
    });
    const call = {
      ...{ model: model(), prompt: 'Bonn', tools: { weather }, maxRetries: 0, providerOptions },
      stopWhen: stepCountIs(3),
    };
    const text = streamed ? await streamText(call).text : (await generateText(call)).text;

    expect(asked).toEqual([{ city: 'Bonn' }]);
    // Only the Responses API has a place for what the model thought before it used a tool.
    const thought = api === 'responses' ? ', as I thought' : '';
    expect(text).toContain(`toolUse toolResult and rain${thought}.`);
  });

  it('looks at pictures', async () => {
    const image = Buffer.from('89504e470d0a1a0a', 'hex');
    const content = [
      { type: 'text' as const, text: 'what is it?' },
      { type: 'file' as const, data: image, mediaType: 'image/png' },
    ];
    const { text } = await generateText({
      ...{ model: model(), messages: [{ role: 'user', content }], maxRetries: 0 },
    });

    expect(text).toBe('I saw text image.');
  });

  it.each([MODEL, CLAUDE])('answers in JSON of a schema: %s', async (id) => {
    const { output } = await generateText({
      ...{ model: model(id), prompt: 'Bonn', maxRetries: 0 },
      output: Output.object({ schema: place, name: 'place' }),
    });

    expect(output).toEqual({ city: 'Bonn' });
  });
});

describe("Vercel's AI SDK", () => {
  it('embeds many texts', async () => {
    const { embeddings, usage } = await embedMany({
      ...{ model: openai.embedding(EMBEDDINGS), values: ['one', 'two', 'three'] },
    });

    expect(embeddings.map(({ length }) => length)).toEqual([1024, 1024, 1024]);
    expect(usage.tokens).toBe(3 * TOKENS_PER_TEXT);
  });

  it('is told why a call is refused', async () => {
    const call = generateText({
      ...{ model: openai.responses(MODEL), prompt: 'hello', maxRetries: 0 },
      providerOptions: { openai: { store: true } },
    });

    await expect(call).rejects.toMatchObject({
      ...{ statusCode: 400, message: expect.stringContaining('store: got true') },
    });
  });
});
