import { expect, it } from '@jest/globals';
import { MODEL_ALIASES, USAGE_WORDS } from '../../pricing/model-aliases.ts';
import { parseModelId } from '../../pricing/model-id.ts';
import { idsOfModel } from '../../pricing/model-names.ts';

const ids = [...new Set(MODEL_ALIASES.flatMap(([id]) => id ?? []))];

it('lists every line once, with a source', () => {
  const keys = MODEL_ALIASES.map(([id, , name]) => `${id ?? ''} ${name}`);

  expect(new Set(keys).size).toBe(keys.length);
  expect(MODEL_ALIASES.every(([, , name, source]) => name !== '' && source !== '')).toBe(true);
});

it('names base ids only, all of which are recognised', () => {
  for (const id of ids) {
    expect(parseModelId(id)).toEqual({ model: id, scope: 'regional', kind: 'foundation_model' });
  }
});

it('gives all ids of one model the same set of ids, so that a price never reaches half a model', () => {
  for (const id of ids) {
    for (const other of idsOfModel(id)) expect(idsOfModel(other)).toEqual(idsOfModel(id));
  }
});

it('gives no name both an id and none', () => {
  const names = (known: boolean) =>
    MODEL_ALIASES.filter(([id]) => (id !== null) === known).map(([, , name]) => name);

  expect(names(false).filter((name) => names(true).includes(name))).toEqual([]);
});

it('spells usage words for names that the table has', () => {
  const names = new Set(MODEL_ALIASES.map(([, , name]) => name));

  expect(USAGE_WORDS.filter(([, name]) => !names.has(name))).toEqual([]);
});

it('keeps near names apart', () => {
  expect(idsOfModel('deepseek.v3.2')).toEqual(['deepseek.v3.2']);
  expect(idsOfModel('minimax.minimax-m2')).toEqual(['minimax.minimax-m2']);
  expect(idsOfModel('openai.gpt-oss-20b')).toEqual([
    'openai.gpt-oss-20b',
    'openai.gpt-oss-20b-1:0',
  ]);
});
