/** A model that can be called, as a list of models names it. */
export interface ListedModel {
  readonly id: string;
  readonly provider: string;
  /** Since when it has had a price, UTC ms; 0 where nobody says. */
  readonly sinceMs: number;
}

/** The body of `GET /v1/models`. */
export function openAiModels(models: readonly ListedModel[]) {
  const data = models.map(({ id, provider, sinceMs }) => ({
    ...{ id, object: 'model', created: Math.floor(sinceMs / 1000), owned_by: provider },
  }));
  return { object: 'list', data };
}
