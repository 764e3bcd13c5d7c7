import { describe, expect, it } from '@jest/globals';
import { claudeRow, entriesOf, priceRowOf, refusalOf } from './price-rows.ts';

describe('units and prices', () => {
  const usageType = 'USE1-NovaLite-input-tokens';

  it.each([
    [{ unit: '1B tokens' }, 'unit unknown'],
    [{ unit: '' }, 'unit unknown'],
    [{ unit: 'Units' }, 'unit unknown'], // says nothing without "Million … Tokens"
    [{ unit: 'image' }, 'unit does not fit the meter'],
    [{ unit: '1M TPM Hour' }, 'unit unknown'],
    [{ usd: '0.0000000001', unit: '1M tokens' }, 'price finer than a pico-USD per unit'],
    [{ usd: '0.0000000000001' }, 'price finer than a pico-USD per unit'],
    [{ usd: '1e-7' }, 'price not a plain decimal'],
    [{ usd: '-0.1' }, 'price below zero'],
    [{ usd: '-0' }, 'price below zero'],
    [{ usd: '00.1' }, 'price not a plain decimal'],
    [{ usd: '+1' }, 'price not a plain decimal'],
    [{ usd: '0,1' }, 'price not a plain decimal'],
  ])('refuse %j', (differs, reason) => {
    expect(refusalOf(priceRowOf(usageType, differs))).toBe(reason);
  });

  it('read "Units" as a million tokens only where the description says so', () => {
    const description =
      'AWS Marketplace software usage|us-east-1|Million Input Tokens Regional [CRIS]';
    const row = claudeRow('USE1-MP:USE1_InputTokenCount-Units', { unit: 'Units', description });

    expect(entriesOf(row)[0]?.price).toBe(3_300_000n);
  });

  it.each([
    ['CacheWrite1hInputTokenCount_Global', 'Million Cache Write 1h Input Tokens Global'],
    ['cache_write_tokens_30m_standard', 'Million Cache Write 30m Input Tokens Regional'],
  ])('read "Units" of %s, whose words have a number', (type, words) => {
    const description = `AWS Marketplace software usage|us-east-1|${words}`;
    const row = claudeRow(`USE1-MP:USE1_${type}-Units`, { unit: 'Units', description });

    expect(entriesOf(row)[0]?.price).toBe(3_300_000n);
  });

  it.each([
    ['1M tokens', '$0.00006 per 1K tokens for NovaLite-input-tokens in US East (N. Virginia)'],
    ['1K tokens', '$0.06 per 1M tokens for NovaLite-input-tokens in US East (N. Virginia)'],
    ['1M tokens', 'per 1K input tokens for Nova Lite in US East (N. Virginia)'],
    ['tokens', '$0.00006 per 1K tokens for NovaLite-input-tokens in US East (N. Virginia)'],
  ])('are a thousandfold wrong if %s stands beside "%s"', (unit, description) => {
    expect(refusalOf(priceRowOf(usageType, { unit, description }))).toBe(
      'unit differs from the description',
    );
  });

  it('are a thousandfold wrong if a Marketplace row says thousand and million', () => {
    const description = 'AWS Marketplace software usage|us-east-1|Million Input Tokens Regional';
    const row = claudeRow('USE1-MP:USE1_InputTokenCount-Units', { unit: '1K tokens', description });

    expect(refusalOf(row)).toBe('unit differs from the description');
  });

  it('take the unit "video" for a second of Nova Reel and for nothing else', () => {
    const reel = { attributes: {}, unit: 'video', usd: '0.08' };
    const pegasus = { unit: 'video', usd: '0.08' };

    expect(entriesOf(priceRowOf('USE1-NovaReel-T2V-Medfps-HDRes', reel))[0]).toMatchObject({
      ...{ model: 'amazon.nova-reel-v1:0', meter: 'video_second_t2v_medfps_hd', unit: 'second' },
      price: 80_000_000_000n, // 0.08 USD a second
    });
    expect(refusalOf(claudeRow('USE1-MP:USE1_inputVideoSecond-Units', pegasus))).toBe(
      'unit does not fit the meter',
    );
  });
});
