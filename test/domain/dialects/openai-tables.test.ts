import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseOpenAiChat } from '../../../domain/dialects/openai-chat.ts';
import { parseOpenAiEmbeddings } from '../../../domain/dialects/openai-embeddings.ts';
import { parseOpenAiResponses } from '../../../domain/dialects/openai-responses.ts';

const ROOT = join(__dirname, '../../..');
const DOCUMENT = readFileSync(join(ROOT, 'docs/dialects/openai.md'), 'utf8');
const TYPES = join(ROOT, 'node_modules/openai/resources');

/** Fields of an interface of the installed SDK, as its declarations list them. */
function sdkFields(file: string, name: string): string[] {
  const text = readFileSync(join(TYPES, file), 'utf8').split(`export interface ${name} {`)[1];
  const body = text?.slice(0, text.indexOf('\n}')) ?? '';
  return [...body.matchAll(/^ {4}(\w+)\??:/gm)].map(([, field]) => field as string);
}

/** Fields of a table, and what becomes of each. */
function tableOf(heading: string): Map<string, string> {
  const section = DOCUMENT.split(`\n## \`POST ${heading}\`\n`)[1]?.split('\n## ')[0] ?? '';
  const rows = section.matchAll(/^\| `(\w+)` \| (.+) \|$/gm);
  return new Map([...rows].map(([, field, here]) => [field as string, here as string]));
}

/** Fields that a parser knows, in its own words. */
function knownTo(parse: (body: unknown) => unknown): string[] {
  try {
    parse({ nobody_knows: 1 });
  } catch (error) {
    return /expected only (.+)$/.exec((error as Error).message)?.[1]?.split(', ') ?? [];
  }
  return [];
}

describe.each([
  {
    heading: '/v1/chat/completions',
    parse: parseOpenAiChat,
    sdk: sdkFields('chat/completions/completions.d.ts', 'ChatCompletionCreateParamsBase'),
  },
  {
    heading: '/v1/responses',
    parse: parseOpenAiResponses,
    sdk: sdkFields('responses/responses.d.ts', 'ResponseCreateParamsBase'),
  },
  {
    heading: '/v1/embeddings',
    parse: parseOpenAiEmbeddings,
    sdk: sdkFields('embeddings.d.ts', 'EmbeddingCreateParams'),
  },
])('the documented fields of $heading', ({ heading, parse, sdk }) => {
  const table = tableOf(heading);
  const kept = [...table].flatMap(([field, here]) => (here.startsWith('refused') ? [] : field));

  it('include every field that the SDK can send', () => {
    expect(sdk.length).toBeGreaterThan(4);
    expect(sdk.filter((field) => !table.has(field))).toEqual([]);
  });

  it('are those that are read, and no other is', () => {
    expect(kept.sort()).toEqual(knownTo(parse).sort());
  });
});
