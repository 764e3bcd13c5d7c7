import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { groupPageNames } from '../../../pricing/page-names.ts';
import { AwsFault, startAwsJsonServer } from './aws-json-server.ts';
import type { AwsJsonServer } from './aws-json-server.ts';

const PAGES = join(import.meta.dirname, '../../../fixtures/get-products');

interface RecordedPage {
  readonly NextToken?: string;
  readonly PriceList: readonly string[];
}

export interface PricingSettings {
  /** Is this call one too many? Counted from 0. */
  readonly tooOften: (call: number) => boolean;
  /** Changes the answer to a call. */
  readonly spoil: (page: RecordedPage, call: number) => unknown;
}

export interface PricingServer extends AwsJsonServer {
  set(settings: Partial<PricingSettings>): void;
}

const SETTINGS: PricingSettings = { tooOften: () => false, spoil: (page) => page };

interface Filter {
  readonly Type: string;
  readonly Field: string;
  readonly Value: string;
}

/** The Price List API over the recorded pages, in their own order and with their own tokens. */
export async function startPricingServer(): Promise<PricingServer> {
  let settings = SETTINGS;
  let calls = 0;
  const requests = new Map(
    groupPageNames(readdirSync(PAGES).filter((name) => name.endsWith('.json'))).map((request) => [
      `${request.offer} ${request.region}`,
      request.names.map((name) => readPage(join(PAGES, name))),
    ]),
  );

  function getProducts(input: Readonly<Record<string, unknown>>): unknown {
    const call = calls++;
    if (settings.tooOften(call)) throw new AwsFault('ThrottlingException', 'Rate exceeded');
    const { ServiceCode, FormatVersion, NextToken, MaxResults } = input;
    if (FormatVersion !== 'aws_v1') throw refused('FormatVersion');
    if (!(Number(MaxResults) >= 1 && Number(MaxResults) <= 100)) throw refused('MaxResults');
    const pages = requests.get(`${String(ServiceCode)} ${regionOf(input)}`);
    const before = pages?.findIndex((page) => page.NextToken === NextToken) ?? -1;
    if (NextToken !== undefined && before < 0) {
      throw new AwsFault('ExpiredNextTokenException', 'The pagination token expired.');
    }
    const page = pages?.[NextToken === undefined ? 0 : before + 1] ?? { PriceList: [] };
    return settings.spoil({ ...page, ...{ FormatVersion } }, call);
  }

  const server = await startAwsJsonServer({ GetProducts: getProducts });
  return {
    ...server,
    set: (differs) => {
      settings = { ...SETTINGS, ...differs };
      calls = 0;
    },
  };
}

function readPage(path: string): RecordedPage {
  return JSON.parse(readFileSync(path, 'utf8')) as RecordedPage;
}

function regionOf({ Filters }: Readonly<Record<string, unknown>>): string {
  const [filter, ...others] = Filters as readonly Filter[];
  if (filter?.Type !== 'TERM_MATCH' || filter.Field !== 'regionCode' || others.length > 0) {
    throw refused('Filters');
  }
  return filter.Value;
}

function refused(field: string): AwsFault {
  return new AwsFault('InvalidParameterException', `${field} is invalid`);
}
