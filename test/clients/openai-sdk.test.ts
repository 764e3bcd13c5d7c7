import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import OpenAI from 'openai';
import type { Responses } from 'openai/resources/responses/responses';
import { MODEL, USAGE, startGateway, tokensOf } from '../runtime/local/gateway-harness.ts';
import type { Harness } from '../runtime/local/gateway-harness.ts';
import {
  CLAUDE,
  COHERE,
  EMBEDDINGS,
  TOKENS_PER_TEXT,
  understandingAnswer,
} from './openai-answers.ts';

const PIXEL = 'data:image/png;base64,iVBORw0KGgo=';
const user = { role: 'user', content: 'Bonn' } as const;
const parameters = { type: 'object', properties: { city: { type: 'string' } } };
const weather = { name: 'weather', description: 'says the weather', parameters };
const chatTool = { type: 'function', function: weather } as const;
const PROMPT_TOKENS = USAGE.input + USAGE.cache_read + USAGE.cache_write_5m + USAGE.cache_write_1h;

let harness: Harness;
let openai: OpenAI;

beforeAll(async () => {
  harness = await startGateway({ answer: understandingAnswer });
  openai = harness.sdk();
});

afterAll(async () => {
  expect(tokensOf(harness.lines())).toEqual(harness.models.counts().tokens);
  expect(harness.errors).toEqual([]);
  await harness.stop();
});

describe('chat completions', () => {
  it('look at pictures and files', async () => {
    const { choices, usage } = await openai.chat.completions.create({
      model: MODEL,
      messages: [
        { role: 'developer', content: 'be brief' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'what is it?' },
            { type: 'image_url', image_url: { url: PIXEL } },
            {
              type: 'file',
              file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,aGk=' },
            },
          ],
        },
      ],
    });

    expect(choices[0]?.message.content).toBe('I saw text text image document.');
    expect(usage).toMatchObject({ prompt_tokens: PROMPT_TOKENS, completion_tokens: USAGE.output });
  });

  it('use tools, and take what they answered', async () => {
    const first = await openai.chat.completions.create({
      ...{ model: MODEL, messages: [user], tools: [chatTool], tool_choice: 'required' },
    });
    const said = first.choices[0]?.message;
    const [call] = said?.tool_calls ?? [];

    expect(first.choices[0]?.finish_reason).toBe('tool_calls');
    expect(call).toEqual({
      ...{ id: 'tooluse_1', type: 'function' },
      function: { name: 'weather', arguments: '{"city":"Bonn"}' },
    });
    const second = await openai.chat.completions.create({
      ...{ model: MODEL, tools: [chatTool] },
      messages: [user, said!, { role: 'tool', tool_call_id: call!.id, content: 'rain' }],
    });
    expect(second.choices[0]?.message.content).toBe('I saw text toolUse toolResult and rain.');
  });

  it('run tools by themselves through the SDK, streamed', async () => {
    const asked: unknown[] = [];
    const runner = openai.chat.completions.runTools({
      ...{ model: MODEL, messages: [user], stream: true },
      tools: [
        {
          type: 'function',
          function: {
            ...weather,
            parse: JSON.parse,
            function: (given: { city: string }) => {
              asked.push(given);
              return 'sun';
            },
          },
        },
      ],
    });

    expect(await runner.finalContent()).toBe('I saw text toolUse toolResult and sun.');
    expect(asked).toEqual([{ city: 'Bonn' }]);
  });

  it('stream tool calls in pieces, and what was used at the end', async () => {
    const runner = openai.chat.completions.stream({
      ...{ model: MODEL, messages: [user], tools: [chatTool] },
      stream_options: { include_usage: true },
    });
    const { choices, usage } = await runner.finalChatCompletion();

    expect(choices[0]?.message.tool_calls).toMatchObject([
      { id: 'tooluse_1', function: { name: 'weather', arguments: '{"city":"Bonn"}' } },
    ]);
    expect(choices[0]?.finish_reason).toBe('tool_calls');
    expect(usage?.total_tokens).toBe(PROMPT_TOKENS + USAGE.output);
  });

  it.each([CLAUDE, MODEL])('answer in JSON of a schema: %s', async (model) => {
    const { choices } = await openai.chat.completions.parse({
      ...{ model, messages: [user] },
      response_format: {
        type: 'json_schema',
        json_schema: { name: 'place', schema: parameters, strict: true },
      },
    });

    expect(choices[0]?.message.parsed).toEqual({ city: 'Bonn' });
    expect(choices[0]?.finish_reason).toBe('stop');
  });

  it('answer in any JSON, streamed', async () => {
    const stream = await openai.chat.completions.create({
      ...{ model: MODEL, messages: [user], stream: true },
      response_format: { type: 'json_object' },
    });
    let text = '';
    for await (const { choices } of stream) text += choices[0]?.delta.content ?? '';

    expect(JSON.parse(text)).toEqual({ city: 'Bonn' });
  });
});

describe('responses', () => {
  const tool = { type: 'function', ...weather, strict: false } as const;

  it('answer text, and say what was used', async () => {
    const response = await openai.responses.create({
      ...{ model: MODEL, instructions: 'be brief', input: 'hello' },
    });

    expect(response.output_text).toBe('I saw text text.');
    expect(response).toMatchObject({ status: 'completed', model: MODEL, store: false });
    expect(response.usage).toMatchObject({
      ...{ input_tokens: PROMPT_TOKENS, output_tokens: USAGE.output },
      input_tokens_details: { cached_tokens: USAGE.cache_read },
    });
    const line = harness.lines().find(({ id }) => response.id === `resp_${id}`);
    expect(line).toMatchObject({ ...USAGE, api: 'openai.responses', outcome: 'ok' });
  });

  it('use tools, think, and take both back', async () => {
    const input: Responses.ResponseInput = [user];
    const asked = {
      model: MODEL,
      tools: [tool],
      include: ['reasoning.encrypted_content' as const],
    };
    const first = await openai.responses.create({ ...asked, input });
    const [thought, call] = first.output;

    expect(thought).toMatchObject({
      ...{ type: 'reasoning', summary: [{ type: 'summary_text', text: 'A tool helps.' }] },
    });
    expect(call).toMatchObject({
      ...{ type: 'function_call', name: 'weather', arguments: '{"city":"Bonn"}' },
    });
    const { call_id } = call as Responses.ResponseFunctionToolCall;
    const answered = { type: 'function_call_output' as const, call_id, output: 'rain' };
    const history = [...input, ...(first.output as Responses.ResponseInput), answered];
    const second = await openai.responses.create({ ...asked, input: history });

    expect(second.output_text).toBe(
      'I saw text reasoningContent toolUse toolResult and rain, as I thought.',
    );
  });

  it('stream the events that the SDK puts together again', async () => {
    const types: string[] = [];
    const stream = openai.responses.stream({ model: MODEL, input: [user], tools: [tool] });
    for await (const { type } of stream) types.push(type);
    const response = await stream.finalResponse();

    expect(types[0]).toBe('response.created');
    expect(types.at(-1)).toBe('response.completed');
    expect(types).toContain('response.reasoning_summary_text.delta');
    expect(types).toContain('response.function_call_arguments.delta');
    expect(response.output[1]).toMatchObject({ name: 'weather', arguments: '{"city":"Bonn"}' });
    expect(response.usage?.total_tokens).toBe(PROMPT_TOKENS + USAGE.output);
  });

  it('stream text', async () => {
    const stream = openai.responses.stream({ model: MODEL, input: 'hello' });
    let text = '';
    stream.on('response.output_text.delta', ({ delta }) => (text += delta));
    const { output_text } = await stream.finalResponse();

    expect(text).toBe('I saw text.');
    expect(output_text).toBe(text);
  });

  it('answer in JSON of a schema', async () => {
    const format = {
      type: 'json_schema',
      name: 'place',
      schema: parameters,
      strict: true,
    } as const;
    const response = await openai.responses.parse({ model: CLAUDE, input: 'x', text: { format } });

    expect(response.output_parsed).toEqual({ city: 'Bonn' });
  });

  it.each([
    ['store', { store: true }],
    ['previous_response_id', { previous_response_id: 'resp_1' }],
    ['background', { background: true }],
  ])('are refused where they would have to be kept: %s', async (param, differs) => {
    const call = openai.responses.create({ model: MODEL, input: 'hello', ...differs });

    await expect(call).rejects.toMatchObject({ status: 400, param });
  });
});

describe('embeddings', () => {
  it('come as the SDK asks for them, in base64, and as numbers', async () => {
    const input = ['one', 'two'];
    const encoded = await openai.embeddings.create({ model: EMBEDDINGS, input, dimensions: 256 });
    const plain = await openai.embeddings.create({
      ...{ model: EMBEDDINGS, input, dimensions: 256, encoding_format: 'float' },
    });

    expect(encoded.data.map(({ embedding }) => [...embedding])).toEqual(
      plain.data.map(({ embedding }) => embedding),
    );
    expect(plain.data.map(({ index, embedding }) => [index, embedding.length])).toEqual([
      [0, 256],
      [1, 256],
    ]);
    expect(plain.data[0]?.embedding).not.toEqual(plain.data[1]?.embedding);
    expect(plain.usage).toEqual({
      ...{ prompt_tokens: 2 * TOKENS_PER_TEXT, total_tokens: 2 * TOKENS_PER_TEXT },
    });
  });

  it('of many texts are one call and one line', async () => {
    const before = harness.models.counts().calls;
    const input = Array.from({ length: 200 }, (_, index) => `text ${index}`);
    const { data, usage } = await openai.embeddings.create({ model: COHERE, input });
    const [alone] = (await openai.embeddings.create({ model: COHERE, input: 'text 199' })).data;

    expect(data).toHaveLength(200);
    expect(data[199]?.embedding).toEqual(alone?.embedding);
    expect(usage.prompt_tokens).toBe(200 * TOKENS_PER_TEXT);
    expect(harness.models.counts().calls).toBe(before + 2);
    expect(harness.lines().at(-2)).toMatchObject({
      ...{ api: 'openai.embeddings', model: COHERE, input: 200 * TOKENS_PER_TEXT, output: 0 },
    });
  });

  it('of tokens, or of a model that makes none, are refused', async () => {
    const tokens = openai.embeddings.create({ model: EMBEDDINGS, input: [1, 2, 3] });
    await expect(tokens).rejects.toMatchObject({ status: 400, param: 'input' });
    const text = openai.embeddings.create({ model: MODEL, input: 'hello' });
    await expect(text).rejects.toMatchObject({ status: 400, param: 'model' });
  });
});

describe('models', () => {
  it('are listed and found, or not', async () => {
    const ids: string[] = [];
    for await (const { id } of openai.models.list()) ids.push(id);

    expect(ids.indexOf(MODEL)).toBeLessThan(ids.indexOf(EMBEDDINGS));
    expect(await openai.models.retrieve(MODEL)).toMatchObject({ id: MODEL, owned_by: 'amazon' });
    const unknown = openai.models.retrieve('gpt-4o');
    await expect(unknown).rejects.toBeInstanceOf(OpenAI.NotFoundError);
    await expect(unknown).rejects.toMatchObject({ code: 'model_not_found' });
  });
});
