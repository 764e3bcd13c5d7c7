import { describe, expect, it } from '@jest/globals';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseOpenAiChat } from '../../../domain/dialects/openai-chat.ts';
import { parseOpenAiEmbeddings } from '../../../domain/dialects/openai-embeddings.ts';
import { parseOpenAiResponses } from '../../../domain/dialects/openai-responses.ts';

const FOLDER = join(__dirname, '../../../fixtures/dialects/openai');
const GOLDEN = '.golden.json';
const names = readdirSync(FOLDER)
  .filter((name) => name.endsWith(GOLDEN))
  .map((name) => name.slice(0, -GOLDEN.length));

const PARSERS: Readonly<Record<string, (body: unknown) => { readonly call: object }>> = {
  '/v1/chat/completions': parseOpenAiChat,
  '/v1/responses': parseOpenAiResponses,
  '/v1/embeddings': parseOpenAiEmbeddings,
};

function read(name: string): unknown {
  return JSON.parse(readFileSync(join(FOLDER, name), 'utf8'));
}

/** A call as JSON, its bodies as text. */
function plain(call: object): unknown {
  const text = JSON.stringify(call, (_name, value: unknown) =>
    value instanceof Uint8Array ? new TextDecoder().decode(value) : value,
  );
  return JSON.parse(text);
}

describe('a body that a client really sent', () => {
  it('has its golden call beside it', () => {
    expect(names.length).toBeGreaterThan(10);
    expect(readdirSync(FOLDER).filter((name) => name.endsWith('.json'))).toHaveLength(
      2 * names.length,
    );
  });

  it.each(names)('becomes the call it should be: %s', (name) => {
    const { path, body } = read(`${name}.json`) as {
      readonly path: string;
      readonly body: unknown;
    };
    const { call } = PARSERS[path]?.(body) ?? {};

    expect(plain(call ?? {})).toEqual(read(`${name}${GOLDEN}`));
  });
});
