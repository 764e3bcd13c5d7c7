import { expect, it } from '@jest/globals';
import { coverageOf } from '../../pricing/book-coverage.ts';
import { MODEL_ALIASES } from '../../pricing/model-aliases.ts';
import { bookOf, claudeRow, priceRowOf, recordedBook } from './price-rows.ts';

const models = coverageOf(recordedBook);
const of = (id: string) => models.find(({ ids }) => ids.includes(id));

it('counts every row once, twins and rows of several ids included', () => {
  const { priced, refused, ambiguous } = recordedBook.account;
  const sum = (counts: Readonly<Record<string, number>>) =>
    Object.values(counts).reduce((total, count) => total + count, 0);

  expect(models.reduce((total, { rows }) => total + rows, 0)).toBe(priced);
  expect(models.reduce((total, { unused }) => total + sum(unused), 0)).toBe(
    sum(refused) + ambiguous,
  );
  // Qwen3 32B: input and output, standard and batch, in two namings.
  expect(of('qwen.qwen3-32b')).toMatchObject({
    rows: 8,
    ids: ['qwen.qwen3-32b', 'qwen.qwen3-32b-v1:0'],
  });
});

it('names every id of the alias table once, priced or with the reason why not', () => {
  const ids = models.flatMap((model) => model.ids);

  expect(new Set(ids).size).toBe(ids.length);
  for (const [id] of MODEL_ALIASES) if (id !== null) expect(ids).toContain(id);
  expect(of('openai.gpt-5.6-terra')).toMatchObject({ status: 'unpriced', rows: 0, unused: {} });
  expect(models.find(({ names }) => names.includes('DeepSeek V3.1'))).toMatchObject({
    ...{ ids: [], status: 'unpriced', unused: { 'model not in the alias table': 4 } },
  });
});

it('keeps apart what a model is priced for and what of it was refused', () => {
  const book = bookOf([
    priceRowOf('USE1-NovaLite-input-tokens'),
    priceRowOf('USE1-NovaLite-input-tokens-custom-model'),
    priceRowOf('USE1-NovaLite-input-tokens-turbo'),
  ]);
  const [nova] = coverageOf(book).filter(({ rows }) => rows > 0);

  expect(nova).toMatchObject({
    ...{ ids: ['amazon.nova-lite-v1:0'], rows: 1, meters: ['input'], regions: ['us-east-1'] },
    unused: { 'custom model inference': 1, 'usage type not understood': 1 },
  });
});

it('counts a row that nobody can name under its usage type', () => {
  const book = bookOf([claudeRow('USE1-MP:USE1_InputTokenCount-Units', { attributes: {} })]);

  expect(coverageOf(book).filter(({ unused }) => Object.keys(unused).length > 0)).toMatchObject([
    { ids: [], names: ['USE1-MP:USE1_InputTokenCount-Units'], unused: { 'model not named': 1 } },
  ]);
});
