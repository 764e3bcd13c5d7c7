import type { ContentBlock } from '../converse.ts';
import { fieldsOf, optionalWord, refusal } from './fields.ts';
import type { Fields } from './fields.ts';

/** `cache_control` of a block, a tool or a whole request: a point up to which what came is cached. */
export function cachePointOf(
  fields: Fields,
): readonly { readonly cachePoint: NonNullable<ContentBlock['cachePoint']> }[] {
  const value = fields.values['cache_control'] ?? undefined;
  if (value === undefined) return [];
  const control = fieldsOf(value, fields.pathOf('cache_control'), ['type', 'ttl']);
  if (control.values['type'] !== 'ephemeral') throw refusal(control, 'type', 'ephemeral');
  const ttl = optionalWord(control, 'ttl', ['5m', '1h']);
  return [{ cachePoint: { type: 'default', ...(ttl && { ttl }) } }];
}
