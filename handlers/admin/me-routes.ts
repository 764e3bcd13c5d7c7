import { openAiDialect } from '../../domain/dialects/openai-error.ts';
import { createAdministration } from './administration.ts';
import type { AdministrationPorts } from './administration.ts';
import { keyShown, standingShown, tenantShown } from './shown.ts';
import type { ApiRequest, Route } from '../edge/api-exchange.ts';
import type { UsageOf } from './tenant-usage.ts';
import { usageRange } from './tenant-usage.ts';

interface MePorts {
  readonly administration: AdministrationPorts;
  readonly usageOf: UsageOf;
}

/** `/me/…`: what a tenant may know of itself, by its own key and of nobody else. */
export function createMeRoutes({ administration, usageOf }: MePorts): readonly Route[] {
  const admin = createAdministration(administration, 'me');
  const answer = (path: string, of: (request: ApiRequest) => Promise<unknown>): Route => ({
    ...{ method: 'GET', path, access: 'tenant', dialect: openAiDialect },
    handle: async (request, response) => {
      response.json(200, await of(request));
      return { settled: Promise.resolve() };
    },
  });
  return [
    answer('/me', async ({ principal }) => ({
      ...tenantShown(await admin.tenant(principal.tenant)),
      key: principal.keyId,
    })),
    answer('/me/keys', async ({ principal }) => ({
      keys: (await admin.keys(principal.tenant)).map(keyShown),
    })),
    answer('/me/budgets', async ({ principal }) => ({
      budgets: (await admin.standing(principal.tenant)).map(standingShown),
    })),
    answer('/me/usage', ({ principal, query }) => usageOf(principal.tenant, usageRange(query))),
  ];
}
