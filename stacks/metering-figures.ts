import { Metric, Unit } from 'aws-cdk-lib/aws-cloudwatch';
import { FilterPattern, MetricFilter } from 'aws-cdk-lib/aws-logs';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { Duration } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

/** Figures of the line that the step `Summarise` prints, by their field there. */
export const FIGURES = {
  planned: 'windows that a run set out to seal',
  suspended: 'calls whose outcome became unknown',
  late: 'lines that came after their window was sealed',
  unpriced: 'rows of the last two days that wait for a price',
  quarantined: 'lines of the last two days that could not be used',
  suspense: 'calls of the last two days of unknown outcome',
  suspenseHours: 'age of the oldest call of unknown outcome, in hours',
} as const;

export type Figure = keyof typeof FIGURES;

/** What the line begins with. */
const SUMMARY = 'summary/1';

/** Turns each figure of every run into a metric of the unit's own namespace. */
export function createFigures(
  scope: Construct,
  namespace: string,
  logGroup: ILogGroup,
): Readonly<Record<Figure, Metric>> {
  const figures = Object.keys(FIGURES) as Figure[];
  const metrics = figures.map((figure) => {
    const metricName = figure;
    new MetricFilter(scope, `Figure-${figure}`, {
      ...{ logGroup, metricNamespace: namespace, metricName },
      filterPattern: FilterPattern.stringValue('$.tollbook', '=', SUMMARY),
      metricValue: `$.${figure}`,
      unit: Unit.COUNT,
    });
    const metric = new Metric({
      ...{ namespace, metricName, label: FIGURES[figure] },
      ...{ statistic: 'Maximum', period: Duration.hours(1) },
    });
    return [figure, metric] as const;
  });
  return Object.fromEntries(metrics) as Record<Figure, Metric>;
}
