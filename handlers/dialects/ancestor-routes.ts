import { ancestorDialect, ancestorModels } from '../../domain/dialects/ancestor-reply.ts';
import { createAncestorInvoke } from './ancestor-invoke.ts';
import type { AncestorPorts } from './ancestor-invoke.ts';
import type { ApiHandler, Route } from '../edge/api-exchange.ts';
import type { ModelsFor } from '../invoke/list-models.ts';

interface AncestorRoutePorts extends AncestorPorts {
  readonly modelsFor: ModelsFor;
  /** Region that is called. */
  readonly region: string;
}

/** The two routes of the gateway that this one came from: its clients work unchanged. */
export function createAncestorRoutes(ports: AncestorRoutePorts): readonly Route[] {
  const route = { access: 'tenant', dialect: ancestorDialect } as const;
  return [
    { ...route, method: 'GET', path: '/list_foundation_models', handle: createModelList(ports) },
    { ...route, method: 'POST', path: '/invoke_model', handle: createAncestorInvoke(ports) },
  ];
}

function createModelList({ modelsFor, region }: AncestorRoutePorts): ApiHandler {
  return async function listFoundationModels({ principal }, response) {
    response.json(200, ancestorModels(await modelsFor(principal), region));
    return { settled: Promise.resolve() };
  };
}
