import { describe, expect, it } from '@jest/globals';
import { formatUsd } from '../../domain/money.ts';
import { buildPriceBook } from '../../pricing/price-book.ts';
import { readPriceRecords } from '../../pricing/price-record.ts';

type Fields = Readonly<Record<string, unknown>>;
type Row = readonly [usagetype: string, fields: Fields, outcome: string];

const B = 'AmazonBedrock';
const M = 'AmazonBedrockFoundationModels';
const S = 'AmazonBedrockService';

/** One record of a JSON-lines file, and what becomes of it: its key and price, or why it is refused. */
function outcomeOf(usagetype: string, fields: Fields): string {
  const record = { service_code: B, unit: '1K tokens', price_usd: '0.001', usagetype, ...fields };
  const { entries, rejected } = buildPriceBook({
    offers: readPriceRecords([record]),
    dated: 'recorded',
  });
  // The ids of one model have the same prices; the first stands for all.
  const [entry] = entries;
  if (!entry) return rejected[0]?.reason ?? 'lost';
  const { model, meter, scope, region, tier, mode, latency_class, context, price } = entry;
  const plain = ['us-east-1', 'regional', 'standard', 'on_demand', 'base'];
  const words = [region, scope, tier, mode, latency_class, context].filter(
    (word) => !plain.includes(word),
  );
  return [model, meter, ...words, formatUsd(price)].join(' ');
}

const CONTRADICTS = 'attribute contradicts the usage type';
const claude = (name: string, price: string, unit = '1M tokens'): Fields => ({
  ...{ service_code: M, model: name, unit, price_usd: price },
});

/** Every family, example and trap that the price facts name, as rows of records. */
const ROWS: Readonly<Record<string, readonly Row[]>> = {
  'a: classic': [
    [
      'USE1-NovaPro-input-tokens-priority',
      { model: 'Nova Pro', price_usd: '0.0014' },
      'amazon.nova-pro-v1:0 input priority 0.0000014',
    ],
    [
      'USE1-Nova2.0Lite-input-tokens-cross-region-global',
      { model: 'Nova 2.0 Lite', price_usd: '0.0003' },
      'amazon.nova-2-lite-v1:0 input global 0.0000003',
    ],
    [
      'USE1-Nova2.0Lite-input-tokens-cross-region-global-batch',
      { model: 'Nova 2.0 Lite' },
      'amazon.nova-2-lite-v1:0 input global batch 0.000001',
    ],
    [
      'USE1-Nova2.0Lite-input-tokens-flex-cross-region-global',
      { model: 'Nova 2.0 Lite' },
      'amazon.nova-2-lite-v1:0 input global flex 0.000001',
    ],
    [
      'USE1-Nova2.0Lite-cache-write-input-token-count',
      { model: 'Nova 2.0 Lite', price_usd: '0' },
      'amazon.nova-2-lite-v1:0 cache_write_5m 0',
    ],
    [
      'EUC1-Nova2.0Lite-output-tokens',
      { model: 'Nova 2.0 Lite', region: 'eu-central-1' },
      'amazon.nova-2-lite-v1:0 output eu-central-1 0.000001',
    ],
    [
      'USE1-Nova2.0Lite-output-tokens-custom-model',
      { model: 'Nova 2.0 Lite' },
      'custom model inference',
    ],
    [
      'USE1-Nova2.0Lite-input-tokens-batch-custom-model-cross-region-global-batch',
      { model: 'Nova 2.0 Lite' },
      'custom model inference',
    ],
    [
      'USE1-Llama3-1-70B-LatencyOptimized-input-tokens',
      { model: 'Llama 3.1 70B' },
      'meta.llama3-1-70b-instruct-v1:0 input optimized 0.000001',
    ],
    [
      'APS3-gpt-oss-20b-input-tokens',
      { model: 'gpt-oss-20b', region: 'ap-south-1' },
      'openai.gpt-oss-20b-1:0 input ap-south-1 0.000001',
    ],
    [
      'EU-NovaLite-input-tokens',
      { model: 'Nova Lite', region: 'eu-west-1' },
      'amazon.nova-lite-v1:0 input eu-west-1 0.000001',
    ],
    ['EU-NovaLite-input-tokens', { model: 'Nova Lite', region: 'eu-central-1' }, CONTRADICTS],
    ['USE1-DeepSeek-R1-input-tokens', { model: 'R1' }, 'deepseek.r1-v1:0 input 0.000001'],
    [
      'USE1-Claude3Haiku-input-tokens',
      { model: 'Claude 3 Haiku' },
      'anthropic.claude-3-haiku-20240307-v1:0 input 0.000001',
    ],
    [
      'USE1-TitanTextG1-Express-input-tokens',
      { attributes: { titanModel: 'Titan Text G1 - Express' } },
      'amazon.titan-text-express-v1 input 0.000001',
    ],
    [
      'USE1-TitanTextG1-Lite-input-tokens',
      { attributes: { titanModel: 'Titan Text G1 - Express' } },
      'model not in the alias table',
    ],
  ],
  'b: mantle': [
    [
      'USE1-deepseek.v3.2-mantle-output-tokens-standard',
      { model: 'DeepSeek v3.2', attributes: { service_tier: 'standard' } },
      'deepseek.v3.2 output 0.000001',
    ],
    [
      'UGW1-openai.gpt-5.6-terra-mantle-cache-write-tokens-30m-standard',
      { region: 'us-gov-west-1', unit: '1M tokens', price_usd: '3.3' },
      'openai.gpt-5.6-terra cache_write_30m us-gov-west-1 0.0000033',
    ],
    [
      'UGW1-openai.gpt-5.6-terra-mantle-output-tokens-long-ctx-standard',
      { region: 'us-gov-west-1', unit: '1M tokens', price_usd: '23.76' },
      'openai.gpt-5.6-terra output us-gov-west-1 long 0.00002376',
    ],
    [
      'USE1-xai.grok-4.6-mantle-cache-read-tokens-global-standard',
      { attributes: { service_tier: 'global-standard' } },
      'xai.grok-4.6 cache_read global 0.000001',
    ],
    [
      'USE1-qwen.qwen3-32b-mantle-input-tokens-batch',
      {
        model: 'Qwen3 32B',
        attributes: { inferenceType: 'input tokens batch', service_tier: 'batch' },
      },
      'qwen.qwen3-32b-v1:0 input batch 0.000001',
    ],
    [
      'USE1-qwen.qwen3-32b-mantle-input-tokens-flex',
      {
        model: 'Qwen3 32B',
        attributes: { inferenceType: 'Input tokens flex', service_tier: 'flex' },
      },
      'qwen.qwen3-32b-v1:0 input flex 0.000001',
    ],
    [
      'USE1-qwen.qwen3-32b-mantle-input-tokens-flex',
      { model: 'Qwen3 32B', attributes: { service_tier: 'standard' } },
      CONTRADICTS,
    ],
    [
      'USE1-minimax.minimax-m2.5-mantle-cache-write-tokens-1h-global-priority',
      { model: 'MiniMax M2.5' },
      'minimax.minimax-m2.5 cache_write_1h global priority 0.000001',
    ],
    [
      'USE1-xai.grok-4.3-mantle-input-tokens-standard',
      {
        model: 'xai.grok-4.3',
        unit: '1M tokens',
        attributes: { tokenType: 'input_tokens_mantle' },
      },
      'xai.grok-4.3 input 0.000000001',
    ],
    [
      'USE1-anthropic.claude-opus-5-mantle-output-tokens-global-standard',
      { model: 'claude-opus-5' }, // a name that no table has says nothing against the id
      'anthropic.claude-opus-5 output global 0.000001',
    ],
  ],
  'c, d: Marketplace': [
    [
      'USE1-MP:USE1_InputTokenCount-Units',
      claude('Claude Sonnet 4.6', '3.30'),
      'anthropic.claude-sonnet-4-6 input 0.0000033',
    ],
    [
      'USE1-MP:USE1_CacheReadInputTokenCount-Units',
      claude('Claude Sonnet 4.6', '0.33'),
      'anthropic.claude-sonnet-4-6 cache_read 0.00000033',
    ],
    [
      'USE1-MP:USE1_CacheWrite1hInputTokenCount_Global-Units',
      claude('Claude Sonnet 4.6', '6'),
      'anthropic.claude-sonnet-4-6 cache_write_1h global 0.000006',
    ],
    [
      'USE1-MP:USE1_OutputTokenCount_Global_Batch-Units',
      claude('Claude Sonnet 4.6', '7.5'),
      'anthropic.claude-sonnet-4-6 output global batch 0.0000075',
    ],
    [
      'USE1-MP:USE1_InputTokenCount_LCtx-Units',
      claude('Claude Sonnet 4.5', '6.6'),
      'anthropic.claude-sonnet-4-5-20250929-v1:0 input long 0.0000066',
    ],
    [
      'USE1-MP:USE1_OutputTokenCount_LatencyOptimized-Units',
      claude('Claude 3.5 Haiku', '4'),
      'anthropic.claude-3-5-haiku-20241022-v1:0 output optimized 0.000004',
    ],
    [
      'USE1-MP:USE1_cache_write_tokens_1h_standard-Units',
      claude('Claude Fable 5.1', '22'),
      'anthropic.claude-fable-5-1 cache_write_1h 0.000022',
    ],
    [
      'USE1-MP:USE1_cache_read_tokens_standard-Units',
      claude('Claude Fable 5.1', '0.275'),
      'anthropic.claude-fable-5-1 cache_read 0.000000275',
    ],
    [
      'USE1-MP:USE1_cache_write_tokens_5m_standard-Units',
      claude('Claude Opus 5.5', '5.5'),
      'anthropic.claude-opus-5-5 cache_write_5m 0.0000055',
    ],
    [
      'USE1-MP:USE1_input_tokens_batch-Units',
      claude('Claude Opus 5', '2.75'),
      'anthropic.claude-opus-5 input batch 0.00000275',
    ],
    [
      'USE1-MP:USE1_input_tokens_long_ctx_global_standard-Units',
      claude('OpenAI GPT-6 Astra', '20'),
      'openai.gpt-6-astra input global long 0.00002',
    ],
    [
      'USE1-MP:USE1_input_tokens_turbo-Units',
      claude('Claude Opus 5', '1'),
      'usage type not understood',
    ],
    [
      'USE1-MP:USE1_input_tokens_global_batch_standard-Units',
      claude('Claude Opus 5', '1'),
      'usage type not understood',
    ],
    ['USE1-MP:USW2_InputTokenCount-Units', claude('Claude Opus 5', '1'), 'Region prefixes differ'],
    [
      'USE1-MP:USE1_InputTokenCount-Units',
      {
        ...claude('Jamba 1.5 Large', '2', 'Units'),
        attributes: {
          description:
            'AWS Marketplace software usage|us-east-1|Million Input Tokens Regional [CRIS]',
        },
      },
      'ai21.jamba-1-5-large-v1:0 input 0.000002',
    ],
    ['USE1-MP:USE1_InputTokenCount-Units', claude('Jamba 1.5 Large', '2', 'Units'), 'unit unknown'],
    [
      'USE1-MP:USE1_InputTokenCount-Units',
      { ...claude('Claude Opus 5', '1'), model: null },
      'model not named',
    ],
  ],
  'e: AmazonBedrockService': [
    [
      'USE1-Claude4Sonnet-cache-write-input-token-count-long-context-cross-region-global',
      { service_code: S, model: 'Claude Sonnet 4', price_usd: '0.0075' },
      'anthropic.claude-sonnet-4-20250514-v1:0 cache_write_5m global long 0.0000075',
    ],
    [
      'USE1-Claude4Sonnet-input-tokens-cross-region-global-batch',
      {
        service_code: S,
        model: 'Claude Sonnet 4',
        attributes: { inferenceType: 'Input tokens', feature: 'On-demand Inference' },
      },
      'anthropic.claude-sonnet-4-20250514-v1:0 input global batch 0.000001',
    ],
    [
      'EU-Claude4.5Sonnet-output-tokens-cross-region-global',
      { service_code: S, model: 'Claude Sonnet 4.5', region: 'eu-west-1' },
      'anthropic.claude-sonnet-4-5-20250929-v1:0 output eu-west-1 global 0.000001',
    ],
  ],
  'f, g: capacity': [
    [
      'USE1-MP:USE1_Reserved_1Month_InputTPM_Geo-Units',
      claude('Claude Sonnet 4.6', '0.198', '1M TPM Hour'),
      'reserved capacity',
    ],
    [
      'EU-Claude4.5Sonnet-reserved-1-month-input-tokens-per-minute-cross-region-global',
      {
        service_code: S,
        model: 'Claude Sonnet 4.5',
        attributes: { feature: 'Reserved - 1 Month' },
      },
      'reserved capacity',
    ],
    [
      'USE1-Nova2.0Lite-ProvisionedThroughput-1month-ModelUnits',
      { model: 'Nova 2.0 Lite', unit: 'hour' },
      'provisioned throughput',
    ],
    [
      'USE1-Nova2.0Lite-ProvisionedThroughput-Custom-NoCommit-ModelUnits',
      { model: 'Nova 2.0 Lite', unit: 'hour' },
      'provisioned throughput',
    ],
    [
      'USE1-MP:USE1_ProvisionedThroughput_1MonthCommit_ModelUnits_Usage-Units',
      claude('Claude 3 Haiku', '20', 'hour'),
      'provisioned throughput',
    ],
  ],
  'h, i, j, k: other units': [
    [
      'USE1-Guardrail-WordPolicyUnitsConsumed',
      { unit: 'TextUnit', price_usd: '0', attributes: { feature: 'Guardrail' } },
      'bedrock.guardrails guardrail_word_unit 0',
    ],
    [
      'USE1-Guardrail-ContentPolicyImageUnitsConsumed',
      { unit: 'Images Processed', price_usd: '0.00075' },
      'bedrock.guardrails guardrail_content_image 0.00075',
    ],
    [
      'USE1-Guardrail-AutomatedReasoningPolicyUnitsConsumed',
      { unit: 'TextUnit', price_usd: '0.00017' },
      'bedrock.guardrails guardrail_automated_reasoning_unit 0.00017',
    ],
    [
      'USE1-NovaCanvas-T2I-1024-Premium',
      { model: 'Nova Canvas', unit: 'image', price_usd: '0.06' },
      'amazon.nova-canvas-v1:0 image_t2i_1024_premium 0.06',
    ],
    [
      'USE1-TitanImageGeneratorG1-Custom-T2I-1024-Standard',
      { attributes: { titanModel: 'Titan Image Generator G1' }, unit: 'image' },
      'custom model inference',
    ],
    [
      'USE1-NovaReel-I2V-Medfps-HDRes',
      { model: 'Nova Reel', unit: 'video', price_usd: '0.08' },
      'amazon.nova-reel-v1:0 video_second_i2v_medfps_hd 0.08',
    ],
    [
      'USE1-MP:USE1_created_image-Units',
      claude('Stable Diffusion 3.5 Large v1.0', '0.09', 'image'),
      'stability.sd3-5-large-v1:0 image 0.09',
    ],
    [
      'USE1-MP:USE1_inputVideoSecond_Global-Units',
      claude('TwelveLabs Pegasus 1.2', '0.0007', 'seconds'),
      'twelvelabs.pegasus-1-2-v1:0 input_video_second global 0.0007',
    ],
    [
      'USE1-NovaSonic-speech-input-tokens',
      { model: 'Nova Sonic', attributes: { inferenceType: 'Speech Understanding input token' } },
      'amazon.nova-sonic-v1:0 input_speech_token 0.000001',
    ],
    [
      'USE1-Nova2.0Lite-input-image-token-count',
      { model: 'Nova 2.0 Lite', attributes: { inferenceType: 'Input Image Token Count' } },
      'amazon.nova-2-lite-v1:0 input_image_token 0.000001',
    ],
    [
      'USE1-MP:USE1_search_units-Units',
      claude('Cohere Rerank v3.5', '0.002', 'Search Units'),
      'cohere.rerank-v3-5:0 search_unit 0.002',
    ],
    [
      'USE1-Nova2.0Lite-nova-grounding',
      { model: 'Nova 2.0 Lite', unit: 'Requests', price_usd: '0.03' },
      'amazon.nova-2-lite-v1:0 grounding_request 0.03',
    ],
    [
      'USE1-TitanEmbeddingV2-Text-input-tokens-batch',
      {},
      'amazon.titan-embed-text-v2:0 input batch 0.000001',
    ],
    [
      'USE1-TitanEmbeddingsG1-Image-input-image',
      { unit: 'image', price_usd: '0.00006' },
      'amazon.titan-embed-image-v1 input_image 0.00006',
    ],
    [
      'USE1-NovaMultiModalEmbeddings-input-audio-second',
      { model: 'NovaMultiModalEmbeddings', unit: 'second' },
      'amazon.nova-2-multimodal-embeddings-v1:0 input_audio_second 0.001',
    ],
    [
      'USE1-NovaMultiModalEmbeddings-input-document-image',
      { model: 'NovaMultiModalEmbeddings', unit: 'image' },
      'amazon.nova-2-multimodal-embeddings-v1:0 input_image_document 0.001',
    ],
  ],
  'not usage of a published model': [
    ['USE1-Nova2.0Lite-Customization-Training', { model: 'Nova 2.0 Lite' }, 'model customisation'],
    [
      'USE1-Llama3-1-70B-Customization-Storage',
      { model: 'Llama 3.1 70B', unit: 'Model/month' },
      'model customisation',
    ],
    [
      'USE1-Nova2.0Lite-RFT-Training-Hours',
      { model: 'Nova 2.0 Lite', unit: 'hour' },
      'model customisation',
    ],
    ['USE1-CustomModelImport-ModelUnits', { unit: 'Custom Model Unit per Min' }, 'model import'],
    ['USE1-DataAutomation-Documents-Standard', {}, 'data automation'],
    [
      'USE1-Nova2.0Lite-input-tokens',
      { model: 'Nova 2.0 Lite', attributes: { feature: 'Model Customization' } },
      CONTRADICTS,
    ],
    ['USE1-SomethingNew-per-galaxy', { model: 'Nova 2.0 Lite' }, 'usage type not understood'],
  ],
};

for (const [family, rows] of Object.entries(ROWS)) {
  describe(family, () => {
    it.each(rows)('%s %j: %s', (usagetype, fields, outcome) => {
      expect(outcomeOf(usagetype, fields)).toBe(outcome);
    });
  });
}
