import type { FamilyReading } from './rate.ts';

/**
 * Rows that are recognised and are not usage of a published model: facts/bedrock-prices.md, section 5,
 * families f and g and the last line of the table. A token unit proves nothing: older reserved rows say
 * "1K tokens".
 */
const SET_ASIDE: readonly (readonly [reason: string, form: RegExp])[] = [
  [
    'reserved capacity',
    /^MP:[A-Z0-9]+_Reserved_\d+Month_(?:Input|Output)TPM_(?:Geo|Global)-Units$/,
  ],
  [
    'reserved capacity',
    /^[\w.+-]+-reserved-\d+-month-(?:input|output)-tokens-per-minute(?:-cross-region-(?:global|geo))?$/,
  ],
  ['provisioned throughput', /^[\w.+-]+-ProvisionedThroughput(?:-[\w-]+)?-ModelUnits$/],
  ['provisioned throughput', /^MP:[A-Z0-9]+_ProvisionedThroughput_\w+_ModelUnits_Usage-Units$/],
  [
    'custom model inference',
    /^[\w.+-]+-(?:tokens|token-count)(?:-[a-z]+)*?-custom-model(?:-[a-z]+)*$/,
  ],
  ['custom model inference', /^[\w.]+-Custom-(?:T2I|I2I)-\d+-(?:Standard|Premium)$/],
  ['model customisation', /^[\w.+-]+-Customization-(?:Training|Storage)$/],
  ['model customisation', /^[\w.+-]+-RFT-Training-Hours$/],
  ['model import', /^(?:[\w.+-]+-)?CustomModelImport(?:-[\w.+-]+)?$/],
  ['data automation', /^(?:[\w.+-]+-)?DataAutomation(?:-[\w.+-]+)?$/],
  ['model evaluation', /^(?:[\w.+-]+-)?(?:Model)?Evaluation(?:-[\w.+-]+)?$/i],
  ['model distillation', /^(?:[\w.+-]+-)?(?:Model)?Distillation(?:-[\w.+-]+)?$/i],
  ['knowledge bases', /^(?:[\w.+-]+-)?KnowledgeBases?(?:-[\w.+-]+)?$/i],
];

/** The same, told by the `feature` attribute, for usage types whose form is not known. */
const SET_ASIDE_FEATURES: readonly (readonly [reason: string, form: RegExp])[] = [
  ['reserved capacity', /^reserved\b/i],
  ['provisioned throughput', /^provisioned throughput\b/i],
  ['model customisation', /^model customization$/i],
  ['model import', /^custom model import$/i],
];

/** Recognises a usage type that is not usage of a published model. */
export function readSetAside(body: string): FamilyReading | null {
  const found = SET_ASIDE.find(([, form]) => form.test(body));
  return found ? { kind: 'set aside', reason: found[0] } : null;
}

/** The reason a feature gives for setting a row aside, if it gives one. */
export function setAsideByFeature(feature: string | undefined): string | null {
  return SET_ASIDE_FEATURES.find(([, form]) => form.test(feature ?? ''))?.[0] ?? null;
}
