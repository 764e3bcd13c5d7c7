import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAncestorAsk } from '../../../domain/dialects/ancestor-ask.ts';
import { parseAncestorImage } from '../../../domain/dialects/ancestor-media.ts';
import { parseAncestorText } from '../../../domain/dialects/ancestor-text.ts';
import { parseAnthropicMessages } from '../../../domain/dialects/anthropic-request.ts';
import { parseBedrockConverse } from '../../../domain/dialects/bedrock-converse.ts';
import { readInvokeBody } from '../../../domain/dialects/invoke-body.ts';

const ROOT = join(__dirname, '../../..');
const pageOf = (name: string) => readFileSync(join(ROOT, 'docs/dialects', `${name}.md`), 'utf8');

/** First columns of the tables of a page's section, and what stands beside them. */
function rowsOf(page: string, heading: string): Map<string, string> {
  const section = page.split(`\n## ${heading}`)[1]?.split('\n## ')[0] ?? '';
  const rows = section.matchAll(/^\| `([\w-]+)` \| (.+) \|$/gm);
  return new Map([...rows].map(([, field, here]) => [field as string, here as string]));
}

/** Members of an interface of an installed SDK, as its declarations list them. */
function membersOf(file: string, name: string): string[] {
  const text = readFileSync(join(ROOT, 'node_modules', file), 'utf8');
  const body = text.split(`export interface ${name} {`)[1] ?? '';
  return [...body.slice(0, body.indexOf('\n}')).matchAll(/^ {4}(\w+)\??:/gm)].map(
    ([, member]) => member as string,
  );
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

describe("the page of Anthropic's dialect", () => {
  const page = pageOf('anthropic');
  const table = rowsOf(page, '`POST /v1/messages`');
  const asked = { model: 'm', max_tokens: 1, messages: [{ role: 'user', content: 'x' }] };

  it('names every field that the SDK can send', () => {
    const sent = membersOf(
      '@anthropic-ai/sdk/resources/messages/messages.d.ts',
      'MessageCreateParamsBase',
    );
    expect(sent.length).toBeGreaterThan(12);
    expect(sent.filter((field) => !table.has(field))).toEqual([]);
  });

  it('says which fields are refused, and they are', () => {
    const refused = [...table].flatMap(([field, here]) =>
      here.startsWith('refused') ? [field] : [],
    );
    expect(refused.length).toBeGreaterThan(4);
    for (const field of refused) {
      expect(() => parseAnthropicMessages({ ...asked, [field]: 'x' }, [])).toThrow(field);
    }
  });

  it('names every kind of block, and no other', () => {
    const unknown = { ...asked, messages: [{ role: 'user', content: [{ type: 'nothing' }] }] };
    const expected = [...rowsOf(page, 'Blocks').keys()];
    for (const type of expected) {
      expect(() => parseAnthropicMessages(unknown, [])).toThrow(new RegExp(`expected .*${type}`));
    }
    expect(() => parseAnthropicMessages(unknown, [])).toThrow(
      new RegExp(`expected one of ${'\\w+, '.repeat(expected.length - 1)}\\w+$`),
    );
  });
});

describe("the page of Bedrock's dialect", () => {
  const page = pageOf('bedrock');
  const table = rowsOf(page, '`POST /model/{modelId}/converse`');
  const types = '@aws-sdk/client-bedrock-runtime/dist-types/models/models_0.d.ts';

  it('names every member that the SDK can send, and says which are refused', () => {
    const sent = membersOf(types, 'ConverseRequest').filter((member) => member !== 'modelId');
    expect(sent.length).toBeGreaterThan(10);
    expect([...table.keys()].sort()).toEqual(sent.sort());
    const kept = [...table].flatMap(([member, here]) =>
      here.startsWith('refused') ? [] : [member],
    );
    const asked = { modelRequested: 'm', stream: false };
    expect(knownTo((body) => parseBedrockConverse(body, asked)).sort()).toEqual(kept.sort());
  });

  it('names every place of an output cap, and no other', () => {
    const places = new Set(
      [...page.matchAll(/^\| [\w ,]+ \| ((?:`[\w.]+`(?:, )?)+) \|$/gm)].flatMap(([, cell]) =>
        (cell ?? '').replaceAll('`', '').split(', '),
      ),
    );
    let message = '';
    try {
      readInvokeBody(
        'arn:aws:bedrock:us-east-1:123456789012:imported-model/x',
        new Uint8Array([123, 125]),
        {},
      );
    } catch (error) {
      ({ message } = error as Error);
    }
    const expected = message.split('expected one of ')[1]?.split(', ') ?? [];
    // Film is refused for another reason, and models on SageMaker have a page of their own.
    const elsewhere = ['maxOutputTokens', 'parameters.max_new_tokens'];
    const here = expected.filter((place) => !elsewhere.includes(place));
    expect([...places].sort()).toEqual(here.sort());
  });
});

describe("the page of the ancestor's dialect", () => {
  const table = rowsOf(pageOf('ancestor'), '`POST /invoke_model`');
  const ask = parseAncestorAsk('model_id=stability.sd3-5-large-v1:0', []);

  it('names every parameter, header and field, and no other', () => {
    const fields = [
      ...knownTo((body) => parseAncestorText(body, ask)),
      ...knownTo((body) => parseAncestorImage(body, ask)),
    ];
    const headers = ['messages_api', 'streaming', 'type'];
    const query = ['model_id', 'model_arn', 'requestId'];
    expect(new Set(table.keys())).toEqual(new Set([...fields, ...headers, ...query]));
    for (const header of headers) {
      expect(() => parseAncestorAsk('model_id=m', [[header, 'nonsense']])).toThrow(header);
    }
    for (const name of query) {
      expect(() => parseAncestorAsk(`model_id=m&${name}=a&${name}=b`, [])).toThrow(name);
    }
  });
});
