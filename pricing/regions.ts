/**
 * Region prefixes of usage types. They cannot be derived from a Region's name: `APS3` is ap-south-1
 * and a bare `EU` is eu-west-1.
 *
 * Source: AWS Region billing codes,
 * docs.aws.amazon.com/global-infrastructure/latest/regions/aws-region-billing-codes.html, read
 * 2026-11-21; the nine prefixes met on Bedrock rows are in facts/bedrock-prices.md, section 5.
 */
export const REGION_OF_PREFIX: ReadonlyMap<string, string> = new Map([
  ['USE1', 'us-east-1'],
  ['USE2', 'us-east-2'],
  ['USW1', 'us-west-1'],
  ['USW2', 'us-west-2'],
  ['UGE1', 'us-gov-east-1'],
  ['UGW1', 'us-gov-west-1'],
  ['CAN1', 'ca-central-1'],
  ['CAN2', 'ca-west-1'],
  ['MXC1', 'mx-central-1'],
  ['SAE1', 'sa-east-1'],
  ['AFS1', 'af-south-1'],
  ['APE1', 'ap-east-1'],
  ['APE2', 'ap-east-2'],
  ['APN1', 'ap-northeast-1'],
  ['APN2', 'ap-northeast-2'],
  ['APN3', 'ap-northeast-3'],
  ['APS1', 'ap-southeast-1'],
  ['APS2', 'ap-southeast-2'],
  ['APS3', 'ap-south-1'],
  ['APS4', 'ap-southeast-3'],
  ['APS5', 'ap-south-2'],
  ['APS6', 'ap-southeast-4'],
  ['APS7', 'ap-southeast-5'],
  ['APS8', 'ap-southeast-6'],
  ['APS9', 'ap-southeast-7'],
  ['EU', 'eu-west-1'],
  ['EUC1', 'eu-central-1'],
  ['EUC2', 'eu-central-2'],
  ['EUN1', 'eu-north-1'],
  ['EUS1', 'eu-south-1'],
  ['EUS2', 'eu-south-2'],
  ['EUW2', 'eu-west-2'],
  ['EUW3', 'eu-west-3'],
  ['ILC1', 'il-central-1'],
  ['MEC1', 'me-central-1'],
  ['MES1', 'me-south-1'],
]);

/**
 * Places that the `location` of a row names, as far as they are known. Older rows say "EU" for
 * "Europe".
 *
 * Source: the same page of AWS, read 2026-11-21; "EU (…)" as in facts/bedrock-prices.md, section 3.
 */
const PLACES: readonly (readonly [region: string, place: string])[] = [
  ['us-east-1', 'US East (N. Virginia)'],
  ['us-east-2', 'US East (Ohio)'],
  ['us-west-1', 'US West (N. California)'],
  ['us-west-2', 'US West (Oregon)'],
  ['ca-central-1', 'Canada (Central)'],
  ['ca-west-1', 'Canada West (Calgary)'],
  ['mx-central-1', 'Mexico (Central)'],
  ['sa-east-1', 'South America (Sao Paulo)'],
  ['af-south-1', 'Africa (Cape Town)'],
  ['ap-east-1', 'Asia Pacific (Hong Kong)'],
  ['ap-east-2', 'Asia Pacific (Taipei)'],
  ['ap-northeast-1', 'Asia Pacific (Tokyo)'],
  ['ap-northeast-2', 'Asia Pacific (Seoul)'],
  ['ap-northeast-3', 'Asia Pacific (Osaka)'],
  ['ap-south-1', 'Asia Pacific (Mumbai)'],
  ['ap-south-2', 'Asia Pacific (Hyderabad)'],
  ['ap-southeast-1', 'Asia Pacific (Singapore)'],
  ['ap-southeast-2', 'Asia Pacific (Sydney)'],
  ['ap-southeast-3', 'Asia Pacific (Jakarta)'],
  ['ap-southeast-4', 'Asia Pacific (Melbourne)'],
  ['ap-southeast-5', 'Asia Pacific (Malaysia)'],
  ['ap-southeast-6', 'Asia Pacific (New Zealand)'],
  ['ap-southeast-7', 'Asia Pacific (Thailand)'],
  ['eu-central-1', 'Europe (Frankfurt)'],
  ['eu-central-2', 'Europe (Zurich)'],
  ['eu-north-1', 'Europe (Stockholm)'],
  ['eu-south-1', 'Europe (Milan)'],
  ['eu-south-2', 'Europe (Spain)'],
  ['eu-west-1', 'Europe (Ireland)'],
  ['eu-west-2', 'Europe (London)'],
  ['eu-west-3', 'Europe (Paris)'],
  ['il-central-1', 'Israel (Tel Aviv)'],
  ['me-central-1', 'Middle East (UAE)'],
  ['me-south-1', 'Middle East (Bahrain)'],
  ['us-gov-east-1', 'AWS GovCloud (US-East)'],
  ['us-gov-west-1', 'AWS GovCloud (US-West)'],
];

/** Place → Region; a place that is not here says nothing. */
export const REGION_OF_LOCATION: ReadonlyMap<string, string> = new Map(
  PLACES.flatMap(([region, place]) => [
    [place, region],
    [place.replace('Europe', 'EU'), region],
  ]),
);
