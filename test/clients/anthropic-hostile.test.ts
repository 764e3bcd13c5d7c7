import { CANARY, CANARY_BASE64, describeHostile } from './hostile.ts';

const cached = { cache_control: { type: 'ephemeral', ttl: '1h' } };
const text = { type: 'text', text: CANARY, ...cached };
const image = {
  type: 'image',
  source: { type: 'base64', media_type: 'image/png', data: CANARY_BASE64 },
};
const pdf = { type: 'base64', media_type: 'application/pdf', data: CANARY_BASE64 };
const cited = {
  ...{ type: 'char_location', cited_text: CANARY, document_title: CANARY, document_index: 0 },
  ...{ start_char_index: 0, end_char_index: 1, file_id: null },
};

/** Every field of `/v1/messages` that is accepted. */
const BODY = {
  ...{ model: 'us.anthropic.claude-opus-5-5', max_tokens: 9, system: [text], ...cached },
  messages: [
    {
      role: 'user',
      content: [
        text,
        image,
        {
          ...{ type: 'document', source: pdf, title: CANARY, context: CANARY },
          citations: { enabled: true },
        },
        {
          ...{ type: 'search_result', source: CANARY, title: CANARY },
          content: [{ type: 'text', text: CANARY }],
        },
      ],
    },
    {
      role: 'assistant',
      content: [
        { type: 'thinking', thinking: CANARY, signature: CANARY_BASE64 },
        { type: 'redacted_thinking', data: CANARY_BASE64 },
        { type: 'text', text: CANARY, citations: [cited] },
        { type: 'tool_use', id: `i${CANARY}`, name: `t${CANARY}`, input: { [CANARY]: CANARY } },
      ],
    },
    {
      role: 'user',
      content: [
        {
          ...{ type: 'tool_result', tool_use_id: `i${CANARY}`, is_error: true },
          content: [{ type: 'text', text: CANARY }, image],
        },
      ],
    },
  ],
  tools: [
    { name: `t${CANARY}`, description: CANARY, input_schema: { [CANARY]: CANARY }, ...cached },
    { type: 'bash_20250124', name: 'bash' },
  ],
  tool_choice: { type: 'tool', name: `t${CANARY}`, disable_parallel_tool_use: true },
  ...{ temperature: 0.5, top_p: 0.5, top_k: 5, stop_sequences: [CANARY] },
  ...{ metadata: { user_id: CANARY }, service_tier: 'flex', speed: 'standard' },
  ...{ thinking: { type: 'enabled', budget_tokens: 1024 }, output_config: { effort: CANARY } },
};

describeHostile('Anthropic', {
  isError: (body) => (body as { type?: unknown }).type === 'error',
  routes: [
    { what: 'a message', path: '/v1/messages', body: BODY },
    { what: 'a stream', path: '/v1/messages', body: { ...BODY, stream: true } },
  ],
});
