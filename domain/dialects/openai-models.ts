/** A model that can be called, as a list of models names it. */
export interface ListedModel {
  readonly id: string;
  readonly provider: string;
  /** Does it answer in text, billed by the token? */
  readonly text: boolean;
  /** Since when it has had a price, UTC ms; 0 where nobody says. */
  readonly sinceMs: number;
}

/** The body of `GET /v1/models/{model}`. */
export function openAiModel({ id, provider, sinceMs }: ListedModel) {
  return { id, object: 'model', created: Math.floor(sinceMs / 1000), owned_by: provider };
}

/** The body of `GET /v1/models`. */
export function openAiModels(models: readonly ListedModel[]) {
  return { object: 'list', data: models.map(openAiModel) };
}
