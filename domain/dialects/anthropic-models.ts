import type { ListedModel } from './openai-models.ts';

/** A model as `GET /v1/models` names it to Anthropic's clients. */
export function anthropicModel({ id, sinceMs }: ListedModel) {
  const created_at = new Date(sinceMs).toISOString();
  return { type: 'model', id, display_name: id, created_at };
}

/** The body of `GET /v1/models`, on one page. */
export function anthropicModels(models: readonly ListedModel[]) {
  const ids = models.map(({ id }) => id);
  const [first_id, last_id] = [ids[0] ?? null, ids.at(-1) ?? null];
  return { data: models.map(anthropicModel), has_more: false, first_id, last_id };
}
