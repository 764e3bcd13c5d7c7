import { describe, expect, it } from '@jest/globals';
import { claudeRow, entriesOf, priceRowOf, refusalOf } from './price-rows.ts';

const CONTRADICTS = 'attribute contradicts the usage type';

describe('a row that is recognised and is no usage of a published model', () => {
  it.each([
    ['USE1-Nova2.0Lite-output-tokens-custom-model', 'custom model inference'],
    ['USE1-Nova2.0Lite-cache-read-input-token-count-custom-model', 'custom model inference'],
    ['USE1-TitanImageGeneratorG1-Custom-T2I-1024-Standard', 'custom model inference'],
    ['USE1-Nova2.0Lite-ProvisionedThroughput-1month-ModelUnits', 'provisioned throughput'],
    ['USW2-Llama3-1-70B-ProvisionedThroughput-NoCommit-ModelUnits', 'provisioned throughput'],
    ['USE1-NovaPro-ProvisionedThroughput-Custom-NoCommit-ModelUnits', 'provisioned throughput'],
    [
      'USE1-MP:USE1_ProvisionedThroughput_1MonthCommit_ModelUnits_Usage-Units',
      'provisioned throughput',
    ],
    ['USE1-MP:USE1_Reserved_1Month_InputTPM_Geo-Units', 'reserved capacity'],
    [
      'EU-Claude4.5Sonnet-reserved-1-month-input-tokens-per-minute-cross-region-global',
      'reserved capacity',
    ],
    ['USE1-NovaPro-Customization-Training', 'model customisation'],
    ['USE1-NovaPro-Customization-Storage', 'model customisation'],
    ['USE1-Nova2.0Lite-RFT-Training-Hours', 'model customisation'],
    ['USE1-CustomModelImport-v1-CMU', 'model import'],
    ['USE1-DataAutomation-Document-Pages', 'data automation'],
  ])('is refused by name: %s', (usageType, reason) => {
    expect(refusalOf(priceRowOf(usageType))).toBe(reason);
  });

  it('is told by its feature where its usage type is not known', () => {
    const attributes = { model: 'Nova Lite', feature: 'Custom Model Import' };

    expect(refusalOf(priceRowOf('USE1-Something-Else', { attributes }))).toBe('model import');
  });
});

describe('an attribute that contradicts the usage type', () => {
  it.each([
    ['USE1-NovaLite-input-tokens', { feature: 'Batch Inference' }],
    ['USE1-NovaLite-input-tokens-batch', { feature: 'On-demand Inference' }],
    ['USE1-NovaLite-input-tokens', { feature: 'Model Customization' }],
    ['USE1-NovaLite-input-tokens', { feature: 'Guardrail' }],
    ['USE1-NovaLite-input-tokens', { feature: 'Something new' }],
    ['USE1-NovaLite-input-tokens', { inferenceType: 'Output tokens' }],
    ['USE1-NovaLite-input-tokens', { inferenceType: 'Input tokens flex' }],
    ['USE1-NovaLite-input-tokens', { inferenceType: 'Input tokens custom' }],
    ['USE1-NovaLite-input-tokens', { inferenceType: 'Prompt cache read input tokens' }],
    ['USE1-NovaLite-cache-read-input-token-count', { inferenceType: 'Input tokens' }],
    ['USE1-NovaLite-input-tokens', { service_tier: 'batch' }],
    ['USE1-NovaLite-input-tokens', { regionCode: 'us-west-2' }],
    ['USE1-NovaLite-input-tokens', { model: 'Nova Pro' }],
    ['USE1-NovaLite-input-tokens-flex', { inferenceType: 'Input tokens' }],
    ['USE1-NovaLiteMax-input-tokens', {}],
    ['USE1-novaLite-input-tokens', {}],
    [
      'USE1-deepseek.v3.2-mantle-input-tokens-flex',
      { model: 'DeepSeek v3.2', service_tier: 'standard' },
    ],
    ['USE1-minimax.minimax-m2-mantle-input-tokens-standard', { model: 'MiniMax M2.5' }],
    [
      'USE1-xai.grok-4.3-mantle-input-tokens-standard',
      { model: 'xai.grok-4.3', tokenType: 'output_tokens_mantle' },
    ],
    [
      'USE1-xai.grok-4.6-mantle-input-tokens-global-standard',
      { model: 'xai.grok-4.6', service_tier: 'standard' },
    ],
    ['USE1-MP:USE1_InputTokenCount-Units', {}], // Marketplace naming outside its offer
  ])('makes the row unusable: %s %j', (usageType, differs) => {
    const attributes = { model: 'Nova Lite', ...differs };

    expect(refusalOf(priceRowOf(usageType, { attributes }))).toBe(CONTRADICTS);
  });

  it.each([
    ['USE1-MP:USE1_InputTokenCount-Units', 'Million Batch Input Tokens Regional'],
    ['USE1-MP:USE1_InputTokenCount-Units', 'Million Input Tokens Global'],
    ['USE1-MP:USE1_InputTokenCount-Units', 'Million Response Tokens Regional'],
    ['USE1-MP:USE1_InputTokenCount-Units', 'Million Cache Read Input Tokens Regional'],
    ['USE1-MP:USE1_cache_write_tokens_standard-Units', 'Million Cache Write 1h Input Tokens'],
  ])('may be the description of a Marketplace row: %s, %s', (usageType, words) => {
    const description = `AWS Marketplace software usage|us-east-1|${words}`;

    expect(refusalOf(claudeRow(usageType, { description }))).toBe(CONTRADICTS);
  });

  it.each([
    ['USE1-NovaLite-input-tokens', { location: 'EU (Ireland)' }],
    ['EU-NovaLite-input-tokens', { location: 'US East (N. Virginia)' }],
    ['USE1-NovaLite-input-tokens', { servicecode: 'AmazonBedrockService' }],
    ['USE1-NovaLite-input-tokens', { servicename: 'Claude Opus 5 (Amazon Bedrock Edition)' }],
    ['USE1-NovaLite-input-tokens', { modelId: 'amazon.nova-pro-v1:0' }],
    ['USE1-NovaLite-input-tokens', { titanModel: 'Titan Text G1 Premier' }],
    ['USE1-NovaLite-input-tokens', { tokenType: 'input_tokens_mantle' }],
  ])('may tell of another place, offer or model: %s %j', (usageType, differs) => {
    const attributes = { model: 'Nova Lite', ...differs };

    expect(refusalOf(priceRowOf(usageType, { attributes }))).toBe(CONTRADICTS);
  });

  it.each([
    ['EU-NovaLite-input-tokens', { location: 'Europe (Ireland)' }],
    ['EU-NovaLite-input-tokens', { location: 'EU (Ireland)', regionCode: 'eu-west-1' }],
    ['USE1-NovaLite-input-tokens', { location: 'A place nobody has listed' }],
    ['USE1-NovaLite-input-tokens', { modelId: 'amazon.nova-lite-v1:0' }],
  ])('is not one that agrees, or that nobody can read: %s %j', (usageType, differs) => {
    const attributes = { model: 'Nova Lite', ...differs };

    expect(entriesOf(priceRowOf(usageType, { attributes }))).toHaveLength(1);
  });

  it('may be another Region in the description of a Marketplace row', () => {
    const description = 'AWS Marketplace software usage|eu-west-1|Million Input Tokens Regional';

    expect(refusalOf(claudeRow('USE1-MP:USE1_InputTokenCount-Units', { description }))).toBe(
      CONTRADICTS,
    );
  });

  it('may be the model beside the servicename of a Marketplace row', () => {
    const servicename = 'Claude Sonnet 4.6 (Amazon Bedrock Edition)';
    const attributes = { servicename, model: 'Claude Opus 5' };

    expect(refusalOf(claudeRow('USE1-MP:USE1_InputTokenCount-Units', { attributes }))).toBe(
      CONTRADICTS,
    );
  });

  it('does not include a batch row that says plain input tokens', () => {
    const attributes = {
      model: 'Nova Lite',
      inferenceType: 'Input tokens',
      feature: 'Batch Inference',
    };

    expect(
      entriesOf(priceRowOf('USE1-NovaLite-input-tokens-batch', { attributes }))[0],
    ).toMatchObject({ mode: 'batch', tier: 'standard', meter: 'input' });
  });

  it('does not include a global batch row that says on-demand', () => {
    const offer = 'AmazonBedrockService' as const;
    const attributes = { model: 'Claude Sonnet 4', feature: 'On-demand Inference' };
    const usageType = 'USE1-Claude4Sonnet-input-tokens-cross-region-global-batch';

    expect(entriesOf(priceRowOf(usageType, { offer, attributes }))[0]).toMatchObject({
      mode: 'batch',
      scope: 'global',
    });
  });
});

describe('the model of a row', () => {
  it.each(['Nova Lite 2', 'nova lite', 'Nova', 'DeepSeek V3.1'])(
    'is joined by exact name and not as %s',
    (model) => {
      const row = priceRowOf(`USE1-${model.replaceAll(' ', '')}-input-tokens`, {
        attributes: { model },
      });

      expect(refusalOf(row)).toBe('model not in the alias table');
    },
  );

  it('is never taken from a servicename in another form', () => {
    const attributes = { servicename: 'Claude Sonnet 4.6' };

    expect(refusalOf(claudeRow('USE1-MP:USE1_InputTokenCount-Units', { attributes }))).toBe(
      'model not named',
    );
  });

  it('is the id inside a mantle usage type, even one nobody has listed', () => {
    const [entry] = entriesOf(
      priceRowOf('UGW1-zai.glm-9-mantle-cache-write-tokens-30m-standard', { attributes: {} }),
    );

    expect(entry).toMatchObject({
      ...{ model: 'zai.glm-9', region: 'us-gov-west-1', meter: 'cache_write_30m' },
    });
  });

  it('needs no table in a mantle usage type, whoever made it', () => {
    const row = priceRowOf('USE1-newco.m1-mantle-input-tokens-standard', { attributes: {} });

    expect(entriesOf(row)[0]).toMatchObject({ model: 'newco.m1', meter: 'input' });
  });

  it.each([
    ['deepseek.v3.1', 'DeepSeek V3.1'],
    ['qwen.qwen3-235b-a22b-2507', 'Qwen3 235B A22B 2507'],
  ])('is the id of a mantle usage type, %s, whatever else has its name', (id, model) => {
    const row = priceRowOf(`USE1-${id}-mantle-input-tokens-standard`, { attributes: { model } });

    expect(entriesOf(row).map((entry) => entry.model)).toEqual([id]);
  });

  it.each(['us', 'eu', 'us-gov', 'global'])(
    'is never a profile, as %s. would make it',
    (prefix) => {
      const id = `${prefix}.anthropic.claude-opus-5`;
      const row = priceRowOf(`USE1-${id}-mantle-input-tokens-standard`, { attributes: {} });

      expect(entriesOf(row)).toEqual([]);
    },
  );

  it('may be told by the usage type alone where that equals an alias', () => {
    const row = priceRowOf('USE1-TitanEmbeddingV2-Text-input-tokens-batch', { attributes: {} });

    expect(entriesOf(row)[0]?.model).toBe('amazon.titan-embed-text-v2:0');
  });

  it('stays itself when its latency-optimised variant is a product of its own', () => {
    const attributes = { model: 'Llama 3.1 70B Latency Optimized' };
    const fast = priceRowOf('USE1-Llama3-1-70B-LatencyOptimized-input-tokens', { attributes });
    const plain = priceRowOf('USE1-Llama3-1-70B-input-tokens', { attributes });

    expect(entriesOf(fast)[0]).toMatchObject({
      ...{ model: 'meta.llama3-1-70b-instruct-v1:0', latency_class: 'optimized' },
    });
    expect(refusalOf(plain)).toBe(CONTRADICTS);
  });
});
