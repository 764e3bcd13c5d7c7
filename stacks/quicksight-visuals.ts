import type { CfnDashboard } from 'aws-cdk-lib/aws-quicksight';
import viewColumns from '../sql/views.json' with { type: 'json' };

/** Views that the dashboard shows. */
export const DATA_SETS = [
  'cost_by_day',
  'tokens_by_meter',
  'cache_saving',
  'unpriced_usage',
  'late_usage',
] as const satisfies readonly (keyof typeof viewColumns)[];

/** One picture: what is added up, along what. */
interface Visual {
  readonly id: string;
  readonly title: string;
  readonly view: (typeof DATA_SETS)[number];
  readonly kind: 'line' | 'bar' | 'table';
  /** Column along which values are grouped. */
  readonly by: string;
  /** Column that tells series apart. */
  readonly series?: string;
  /** Column of money (`_micro_usd` in the data set), or of counts. */
  readonly value: { readonly money: string } | { readonly count: string };
}

const cost = { money: 'cost' } as const;

/** What the dashboard answers, picture by picture. */
export const VISUALS: readonly Visual[] = [
  {
    ...{ id: 'cost-by-day', title: 'Cost by day and model, USD', view: 'cost_by_day' },
    ...{ kind: 'line', by: 'usage_day', series: 'model', value: cost },
  },
  {
    ...{ id: 'cost-by-tenant', title: 'Cost by tenant and model, USD', view: 'cost_by_day' },
    ...{ kind: 'bar', by: 'tenant', series: 'model', value: cost },
  },
  {
    ...{ id: 'cost-by-cost-centre', title: 'Cost by cost centre, USD', view: 'cost_by_day' },
    ...{ kind: 'bar', by: 'cost_center', value: cost },
  },
  {
    ...{ id: 'cost-by-model', title: 'Cost by model, USD', view: 'cost_by_day' },
    ...{ kind: 'bar', by: 'model', value: cost },
  },
  {
    ...{ id: 'tokens-by-meter', title: 'Tokens by meter and model', view: 'tokens_by_meter' },
    ...{ kind: 'bar', by: 'meter', series: 'model', value: { count: 'quantity' } },
  },
  {
    ...{ id: 'cache-saving', title: 'Saved by caching, USD', view: 'cache_saving' },
    ...{ kind: 'line', by: 'usage_day', series: 'model', value: { money: 'saving' } },
  },
  {
    ...{ id: 'unpriced', title: 'Calls that wait for a price', view: 'unpriced_usage' },
    ...{ kind: 'table', by: 'model', series: 'unpriced_reason', value: { count: 'calls' } },
  },
  {
    ...{ id: 'late', title: 'Calls that came late, by the day they were made', view: 'late_usage' },
    ...{ kind: 'table', by: 'usage_day', series: 'tenant', value: { count: 'calls' } },
  },
];

/** A picture as QuickSight has it. */
export function visualOf(visual: Visual): CfnDashboard.VisualProperty {
  const base = {
    visualId: visual.id,
    title: { visibility: 'VISIBLE', formatText: { plainText: visual.title } },
  };
  const dimensions = dimensionOf(visual, visual.by);
  const colors = visual.series === undefined ? [] : [dimensionOf(visual, visual.series)];
  const values = [measureOf(visual)];
  switch (visual.kind) {
    case 'line': {
      const wells = { category: [dimensions], values, colors };
      const fieldWells = { lineChartAggregatedFieldWells: wells };
      return { lineChartVisual: { ...base, chartConfiguration: { fieldWells } } };
    }
    case 'bar': {
      const wells = { category: [dimensions], values, colors };
      const fieldWells = { barChartAggregatedFieldWells: wells };
      const shape = { orientation: 'HORIZONTAL', barsArrangement: 'STACKED' };
      return { barChartVisual: { ...base, chartConfiguration: { fieldWells, ...shape } } };
    }
    case 'table': {
      const wells = { groupBy: [dimensions, ...colors], values };
      const fieldWells = { tableAggregatedFieldWells: wells };
      return { tableVisual: { ...base, chartConfiguration: { fieldWells } } };
    }
  }
}

function dimensionOf(
  { id, view }: Visual,
  columnName: string,
): CfnDashboard.DimensionFieldProperty {
  const field = { fieldId: `${id}.${columnName}`, column: { dataSetIdentifier: view, columnName } };
  return columnName === 'usage_day'
    ? { dateDimensionField: { ...field, dateGranularity: 'DAY' } }
    : { categoricalDimensionField: field };
}

function measureOf({ id, view, value }: Visual): CfnDashboard.MeasureFieldProperty {
  if ('count' in value) {
    return {
      numericalMeasureField: {
        fieldId: `${id}.${value.count}`,
        column: { dataSetIdentifier: view, columnName: value.count },
        aggregationFunction: { simpleNumericalAggregation: 'SUM' },
      },
    };
  }
  // Added up first and divided then: the other way round every row would lose its last digits.
  const expression = `sum({${value.money}_micro_usd}) / 1000000`;
  return { calculatedMeasureField: { fieldId: `${id}.${value.money}`, expression } };
}
