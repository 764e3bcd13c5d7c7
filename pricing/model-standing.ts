import type { ModelId, ModelIdKind } from './model-id.ts';

/** Whether what an id names is sold by the token at all. */
export type Standing =
  | { readonly kind: 'by tokens' }
  /** Sold by something else than tokens: only an operator's override can price its tokens. */
  | { readonly kind: 'not token-priced'; readonly reason: string }
  /** Sold by tokens, but the id alone does not say at which rate. */
  | { readonly kind: 'unpriced'; readonly reason: string };

const BY_TOKENS: Standing = { kind: 'by tokens' };
const otherwise = (reason: string): Standing => ({ kind: 'not token-priced', reason });
const hidden = (reason: string): Standing => ({ kind: 'unpriced', reason });

/** Source: facts/bedrock-prices.md, section 10. */
const STANDINGS: Readonly<Record<ModelIdKind, Standing>> = {
  foundation_model: BY_TOKENS,
  inference_profile: BY_TOKENS,
  application_inference_profile: hidden(
    'an application inference profile hides its model, which is resolved when a call is admitted',
  ),
  provisioned_model: otherwise('provisioned throughput is billed by model-unit hours'),
  custom_model: otherwise('a custom model is served by provisioned throughput: model-unit hours'),
  custom_model_deployment: hidden(
    'a custom model deployment hides the base model whose custom-model rows it is billed by',
  ),
  imported_model: otherwise('an imported model is billed by custom model units of five minutes'),
  prompt_router: hidden('a prompt router chooses the model call by call and adds a fee'),
  prompt: hidden('a prompt names its model in its own definition'),
  sagemaker_endpoint: otherwise('an endpoint is billed by instance hours'),
  unknown: hidden('its id is of no form that is known'),
};

/** Says how what an id names is sold. */
export function standingOf({ kind }: Pick<ModelId, 'kind'>): Standing {
  return STANDINGS[kind];
}

/** The same in one sentence; null for what is sold by tokens. */
export function standingText(id: Pick<ModelId, 'kind'>): string | null {
  const standing = standingOf(id);
  if (standing.kind === 'by tokens') return null;
  return standing.kind === 'unpriced' ? standing.reason : `${standing.kind}: ${standing.reason}`;
}
