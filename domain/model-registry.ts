/** What kind of thing answers under a registered id. */
export const MODEL_KINDS = ['bedrock', 'custom', 'imported', 'provisioned', 'sagemaker'] as const;
export type RegisteredKind = (typeof MODEL_KINDS)[number];

/** How far a model has come: `preview` only for tenants whose policy names it, `retired` for nobody. */
export const MODEL_STATUSES = ['preview', 'approved', 'deprecated', 'retired'] as const;
export type ModelStatus = (typeof MODEL_STATUSES)[number];

/**
 * A model that an admin has onboarded. Models nobody registered are approved under their own ids, as
 * long as Bedrock sells them.
 */
export interface RegisteredModel {
  /** What callers write. */
  readonly id: string;
  readonly kind: RegisteredKind;
  /** Id or ARN that is called upstream; null where it is the id itself. */
  readonly upstream: string | null;
  /** Model id under which the price book has its prices; null where the id itself is. */
  readonly pricedAs: string | null;
  readonly version: string;
  /** Id of the model it was made from. */
  readonly lineage: string | null;
  readonly owner: string;
  /** Where its price comes from, in words: the offer, or who set the override. */
  readonly priceSource: string;
  readonly status: ModelStatus;
}

/** Why a registered model may not be called; undefined if it may. */
export function refusalByStatus(
  { status, id }: RegisteredModel,
  allowed: readonly string[] | null,
): 'retired' | 'preview' | undefined {
  if (status === 'retired') return 'retired';
  const named = allowed?.includes(id) === true;
  return status === 'preview' && !named ? 'preview' : undefined;
}
