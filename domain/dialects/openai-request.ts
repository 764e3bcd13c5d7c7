import type { ContentBlock, ConverseMessage, ConverseRequest, JsonObject } from '../converse.ts';
import type { JsonAsk } from './openai-json-answer.ts';
import type { EffortSettings } from './openai-settings.ts';
import { toolSettings } from './openai-tools.ts';
import type { ToolAsk } from './openai-tools.ts';
import { BadRequest } from './problem.ts';

/** The pieces of a request, however a dialect named them. */
export interface RequestParts {
  readonly model: string;
  readonly messages: readonly ConverseMessage[];
  readonly system?: readonly ContentBlock[];
  readonly inferenceConfig: NonNullable<ConverseRequest['inferenceConfig']>;
  readonly tier: Pick<ConverseRequest, 'serviceTier'>;
  readonly effort: EffortSettings;
  readonly tools: ToolAsk;
  readonly json: JsonAsk | undefined;
  /** The field that asked for JSON. */
  readonly jsonField: string;
  /** Settings that only some models know. */
  readonly passed: JsonObject;
}

/**
 * Puts the pieces together into one request of Converse.
 *
 * @throws BadRequest for pieces that do not go together.
 */
export function modelRequestOf(parts: RequestParts): {
  readonly request: ConverseRequest;
  readonly answerTool: string | null;
} {
  const { model, messages, system, inferenceConfig, tier, effort, json } = parts;
  const { toolConfig, additional } = toolSettings(parts.tools, messages, model);
  const tool = json && 'tool' in json ? json.tool : undefined;
  if (tool && toolConfig) {
    throw new BadRequest(parts.jsonField, 'expected text: this model cannot use tools beside it');
  }
  const forced = tool && { tools: [tool], toolChoice: { tool: { name: tool.toolSpec.name } } };
  const outputConfig = {
    ...effort.outputConfig,
    ...(json && 'textFormat' in json && { textFormat: json.textFormat }),
  };
  const passed = { ...parts.passed, ...effort.additional, ...additional };
  const tooled = forced ?? toolConfig;
  const request: ConverseRequest = {
    ...{ messages, inferenceConfig, ...(system && { system }), ...tier },
    ...(tooled && { toolConfig: tooled }),
    ...(Object.keys(outputConfig).length > 0 && { outputConfig }),
    ...(Object.keys(passed).length > 0 && { additionalModelRequestFields: passed }),
  };
  return { request, answerTool: tool?.toolSpec.name ?? null };
}
