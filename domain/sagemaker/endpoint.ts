/**
 * How the container behind an endpoint is spoken to: `messages` is a chat completion, `inputs` one text
 * in and one text out, as Hugging Face's TGI and the models of JumpStart have it.
 */
export const ENDPOINT_SHAPES = ['messages', 'inputs'] as const;
/** See `ENDPOINT_SHAPES`. */
export type EndpointShape = (typeof ENDPOINT_SHAPES)[number];

/** What a call says of the endpoint that it is meant for. */
export interface EndpointWish {
  /** The inference component that is called; null for the endpoint's only model. */
  readonly component: string | null;
  readonly shape: EndpointShape;
}

/** A model on a SageMaker endpoint, as its id says it. */
export interface SageMakerEndpoint {
  readonly endpoint: string;
  readonly component: string | null;
  /** Of the ARN; null for the Region that is called. */
  readonly region: string | null;
  /** Null where the id leaves it to the call. */
  readonly shape: EndpointShape | null;
}

const NAME = '[A-Za-z0-9](?:-*[A-Za-z0-9]){0,62}';
const PREFIX = 'sagemaker/';
const ARN_PREFIX = /^arn:aws(?:-[a-z]+)*:sagemaker:/;
const ID = new RegExp(
  `^(?:sagemaker|arn:aws(?:-[a-z]+)*:sagemaker:(?<region>[a-z0-9-]{1,20}):\\d{12}:endpoint)` +
    `/(?<endpoint>${NAME})(?:/(?<component>${NAME}))?(?::(?<shape>${ENDPOINT_SHAPES.join('|')}))?$`,
);
const COMPONENT = new RegExp(`^${NAME}$`);

/** Does this id belong to SageMaker, well formed or not? */
export function isSageMaker(id: string): boolean {
  return id.startsWith(PREFIX) || ARN_PREFIX.test(id);
}

/** Is this a name that an inference component can have? */
export function isComponentName(text: string): boolean {
  return COMPONENT.test(text);
}

/**
 * Reads an id of SageMaker: `sagemaker/ENDPOINT` or the endpoint's ARN, then `/COMPONENT` where one of
 * its inference components is meant, then `:messages` or `:inputs` where the call does not decide.
 * Undefined for anything else.
 */
export function parseSageMakerId(id: string): SageMakerEndpoint | undefined {
  const groups = ID.exec(id)?.groups;
  if (!groups) return undefined;
  const { endpoint = '', component = null, region = null } = groups;
  const shape = ENDPOINT_SHAPES.find((one) => one === groups['shape']) ?? null;
  return { endpoint, component, region, shape };
}

/** Which component of an endpoint is called, and how: its id says so, or else the call. */
export function endpointWish(id: SageMakerEndpoint, wish: EndpointWish | undefined): EndpointWish {
  return {
    component: id.component ?? wish?.component ?? null,
    shape: id.shape ?? wish?.shape ?? 'messages',
  };
}
