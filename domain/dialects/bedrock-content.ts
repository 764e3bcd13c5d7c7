import type { ContentBlock, ConverseMessage, JsonObject, ToolConfig } from '../converse.ts';
import { fieldsOf, kindOf, refusal, requiredList, requiredText } from './fields.ts';
import type { Fields } from './fields.ts';
import { hasField } from './json-keys.ts';
import { BadRequest } from './problem.ts';

const NAME = /^[A-Za-z][A-Za-z0-9_]{0,63}$/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const ROLES: ReadonlySet<unknown> = new Set(['user', 'assistant']);
const LIFETIMES: ReadonlySet<unknown> = new Set([undefined, '5m', '1h']);
const STATUSES: ReadonlySet<unknown> = new Set([undefined, 'success', 'error']);
const CHOICES: ReadonlySet<string> = new Set(['auto', 'any', 'tool']);

/** A conversation in Converse's own shape. @throws BadRequest naming the field at fault. */
export function converseMessages(value: unknown, path: string): readonly ConverseMessage[] {
  return listOf(value, path).map((message, index) => {
    const fields = fieldsOf(message, `${path}[${index}]`, ['role', 'content']);
    if (!ROLES.has(fields.values['role'])) throw refusal(fields, 'role', 'user or assistant');
    const role = fields.values['role'] as ConverseMessage['role'];
    return {
      role,
      content: contentBlocks(requiredList(fields, 'content'), fields.pathOf('content')),
    };
  });
}

/**
 * Blocks of content in Converse's own shape: members that are known are checked, others are kept for
 * the model's service to judge, and nothing may be read from a bucket with this gateway's rights.
 */
export function contentBlocks(value: unknown, path: string): readonly ContentBlock[] {
  return listOf(value, path).map((block, index) => {
    const at = `${path}[${index}]`;
    const [member, content] = onlyMember(block, at);
    const check = CHECKS.get(member);
    if (check) check(content, `${at}.${member}`);
    else refuseBuckets(content, `${at}.${member}`);
    return block as ContentBlock;
  });
}

/** Tools in Converse's own shape, and which of them is to be used. */
export function converseTools(value: unknown, path: string): ToolConfig {
  const fields = fieldsOf(value, path, ['tools', 'toolChoice']);
  requiredList(fields, 'tools').forEach((tool, index) => {
    const at = `${fields.pathOf('tools')}[${index}]`;
    const [member, content] = onlyMember(tool, at);
    if (member === 'systemTool') {
      throw new BadRequest(`${at}.systemTool`, 'not supported: what it uses cannot be metered');
    }
    if (member === 'cachePoint') checkCachePoint(content, `${at}.cachePoint`);
    else if (member === 'toolSpec') checkTool(content, `${at}.toolSpec`);
    else throw new BadRequest(`${at}.${member}`, 'not supported, expected toolSpec or cachePoint');
  });
  const { toolChoice } = fields.values;
  if (toolChoice !== undefined) {
    const [member, content] = onlyMember(toolChoice, fields.pathOf('toolChoice'));
    if (!CHOICES.has(member)) throw refusal(fields, 'toolChoice', 'auto, any or tool');
    if (member === 'tool') {
      requiredText(fieldsOf(content, `${fields.pathOf('toolChoice')}.tool`, ['name']), 'name');
    } else objectAt(content, `${fields.pathOf('toolChoice')}.${member}`);
  }
  return value as ToolConfig;
}

const CHECKS: ReadonlyMap<string, (content: unknown, path: string) => void> = new Map([
  ['text', checkText],
  ['image', checkMedia],
  ['document', checkMedia],
  ['video', checkMedia],
  ['audio', checkMedia],
  ['toolUse', checkToolUse],
  ['toolResult', checkToolResult],
  ['reasoningContent', checkReasoning],
  ['cachePoint', checkCachePoint],
]);

function checkText(content: unknown, path: string): void {
  if (typeof content !== 'string')
    throw new BadRequest(path, `got ${kindOf(content)}, expected text`);
}

/** What has bytes has them here; a document may hold text or blocks instead. */
function checkMedia(content: unknown, path: string): void {
  const media = objectAt(content, path);
  const source = objectAt(media['source'], `${path}.source`);
  refuseBuckets(media, path);
  const { bytes, text } = source;
  if (bytes !== undefined && (typeof bytes !== 'string' || !BASE64.test(bytes))) {
    throw new BadRequest(`${path}.source.bytes`, `got ${kindOf(bytes)}, expected base64`);
  }
  if (text !== undefined) checkText(text, `${path}.source.text`);
}

function checkToolUse(content: unknown, path: string): void {
  const fields = openFields(content, path);
  requiredText(fields, 'toolUseId');
  requiredText(fields, 'name');
  if (fields.values['input'] === undefined) throw refusal(fields, 'input', 'JSON');
}

function checkToolResult(content: unknown, path: string): void {
  const fields = openFields(content, path);
  requiredText(fields, 'toolUseId');
  if (!STATUSES.has(fields.values['status'])) throw refusal(fields, 'status', 'success or error');
  listOf(fields.values['content'], `${path}.content`).forEach((block, index) => {
    const at = `${path}.content[${index}]`;
    const [member, inner] = onlyMember(block, at);
    // JSON is the tool's own: nobody but the model reads it.
    if (member === 'json') return;
    const check = CHECKS.get(member);
    if (check) check(inner, `${at}.${member}`);
    else refuseBuckets(inner, `${at}.${member}`);
  });
}

function checkReasoning(content: unknown, path: string): void {
  const [member, inner] = onlyMember(content, path);
  if (member !== 'reasoningText') {
    checkText(inner, `${path}.${member}`);
    return;
  }
  const fields = openFields(inner, `${path}.reasoningText`);
  requiredText(fields, 'text');
  if (fields.values['signature'] !== undefined) requiredText(fields, 'signature');
}

function checkCachePoint(content: unknown, path: string): void {
  const fields = fieldsOf(content, path, ['type', 'ttl']);
  if (fields.values['type'] !== 'default') throw refusal(fields, 'type', 'default');
  if (!LIFETIMES.has(fields.values['ttl'])) throw refusal(fields, 'ttl', '5m or 1h');
}

function checkTool(content: unknown, path: string): void {
  const fields = openFields(content, path);
  requiredText(fields, 'name');
  if (fields.values['description'] !== undefined) requiredText(fields, 'description');
  const schema = objectAt(fields.values['inputSchema'], `${path}.inputSchema`);
  objectAt(schema['json'], `${path}.inputSchema.json`);
}

function refuseBuckets(content: unknown, path: string): void {
  if (hasField(content, 's3Location')) {
    throw new BadRequest(`${path}.source.s3Location`, 'not supported, expected bytes');
  }
}

/** A union of Converse: an object with one member. */
function onlyMember(value: unknown, path: string): readonly [string, unknown] {
  const entries = Object.entries(objectAt(value, path));
  const [entry] = entries;
  if (!entry || entries.length > 1) {
    throw new BadRequest(path, `got ${entries.length} members, expected one`);
  }
  if (!NAME.test(entry[0])) throw new BadRequest(path, 'got a field whose name is not plain');
  return entry;
}

function openFields(value: unknown, path: string): Fields {
  const values = objectAt(value, path);
  return { values, pathOf: (name) => `${path}.${name}` };
}

function objectAt(value: unknown, path: string): JsonObject {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as JsonObject;
  }
  throw new BadRequest(path, `got ${kindOf(value)}, expected an object`);
}

function listOf(value: unknown, path: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new BadRequest(path, `got ${kindOf(value)}, expected a list`);
}
