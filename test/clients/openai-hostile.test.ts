import { MODEL } from '../runtime/local/gateway-harness.ts';
import { CANARY, CANARY_BASE64, describeHostile } from './hostile.ts';
import { EMBEDDINGS } from './openai-answers.ts';

const parameters = { type: 'object', description: CANARY, properties: { [CANARY]: {} } };
const tool = { name: `t${CANARY}`, description: CANARY, parameters, strict: false };
const url = `data:image/png;base64,${CANARY_BASE64}`;
const pdf = `data:application/pdf;base64,${CANARY_BASE64}`;
const schema = { name: `s${CANARY}`, schema: parameters, strict: true, description: CANARY };
const called = { name: tool.name, arguments: JSON.stringify({ a: CANARY }) };

/** Every field of `/v1/chat/completions` that is accepted. */
const CHAT = {
  model: MODEL,

  messages: [
    { role: 'system', content: CANARY },
    { role: 'developer', content: [{ type: 'text', text: CANARY }] },
    {
      role: 'user',
      content: [
        { type: 'text', text: CANARY, prompt_cache_breakpoint: { mode: 'explicit' } },
        { type: 'image_url', image_url: { url, detail: 'auto' } },
        { type: 'file', file: { filename: `${CANARY}.pdf`, file_data: pdf } },
      ],
    },
    {
      ...{ role: 'assistant', content: CANARY, refusal: CANARY, reasoning_content: CANARY },
      ...{ annotations: [], audio: null, function_call: null },
      tool_calls: [{ id: `c${CANARY}`, type: 'function', function: called }],
    },
    { role: 'tool', tool_call_id: `c${CANARY}`, content: CANARY },
  ],
  ...{ tools: [{ type: 'function', function: tool }], parallel_tool_calls: true },
  tool_choice: { type: 'function', function: { name: tool.name } },
  ...{ temperature: 0.5, top_p: 0.5, max_tokens: 9, stop: [CANARY], n: 1, seed: 7 },
  ...{ user: CANARY, safety_identifier: CANARY, prompt_cache_key: CANARY, store: false },
  ...{ frequency_penalty: 0.5, presence_penalty: 0.5, logit_bias: { 7: 1 }, logprobs: false },
  ...{ metadata: {}, service_tier: 'flex', reasoning_effort: 'low', verbosity: 'low' },
  ...{ response_format: { type: 'text' }, modalities: ['text'] },
};

/** The same of `/v1/responses`. */
const RESPONSES = {
  model: MODEL,

  instructions: CANARY,
  input: [
    { role: 'user', content: CANARY },
    {
      ...{ type: 'message', role: 'user' },
      content: [
        { type: 'input_text', text: CANARY },
        { type: 'input_image', image_url: url, detail: 'auto' },
        { type: 'input_file', filename: `${CANARY}.pdf`, file_data: pdf },
      ],
    },
    {
      ...{ type: 'reasoning', id: CANARY, summary: [{ type: 'summary_text', text: CANARY }] },
      encrypted_content: Buffer.from(JSON.stringify({ text: CANARY })).toString('base64'),
    },
    { type: 'function_call', call_id: `c${CANARY}`, id: CANARY, ...called },
    { type: 'function_call_output', call_id: `c${CANARY}`, output: CANARY },
  ],
  ...{ tools: [{ type: 'function', ...tool }], tool_choice: 'auto', max_output_tokens: 9 },
  ...{ text: { format: { type: 'text' }, verbosity: 'low' }, reasoning: { effort: 'low' } },
  ...{ include: ['reasoning.encrypted_content'], user: CANARY, truncation: 'disabled' },
};

/** The same of `/v1/embeddings`. */
const VECTORS = {
  model: EMBEDDINGS,

  ...{ input: [CANARY, CANARY], dimensions: 256, encoding_format: 'float', user: CANARY },
};

/** Objects whose names are the caller's own. */
const closed = ['parameters', 'logit_bias', 'metadata', 'schema'];
const chat = { path: '/v1/chat/completions', closed };
const responses = { path: '/v1/responses', closed };
const user = CHAT.messages[2];
const inJson = { response_format: { type: 'json_schema', json_schema: schema } };
const text = { format: { type: 'json_schema', ...schema } };

describeHostile('OpenAI', {
  isError: (body) => typeof (body as { error?: { message?: unknown } }).error?.message === 'string',
  routes: [
    { ...chat, what: 'a chat completion', body: CHAT },
    { ...chat, what: 'a stream of one', body: { ...CHAT, stream: true } },
    {
      ...{ ...chat, what: 'an answer in JSON', later: true },
      body: { model: MODEL, messages: [user], ...inJson },
    },
    { ...responses, what: 'a response', body: RESPONSES },
    { ...responses, what: 'a stream of one response', body: { ...RESPONSES, stream: true } },
    {
      ...{ ...responses, what: 'a response in JSON', later: true },
      body: { model: MODEL, input: CANARY, text },
    },
    { what: 'vectors', path: '/v1/embeddings', body: VECTORS, closed, later: true },
  ],
});
