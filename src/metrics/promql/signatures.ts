/** What the functions of PromQL take and give, so that a query is refused before it is sent where the server would refuse it. */
import type { ValueType } from './ast.ts';

export interface Signature {
  readonly args: readonly ValueType[];
  /** How many of the last arguments may be left out. Default 0. */
  readonly optional?: number;
  /** The last argument may be repeated. */
  readonly variadic?: boolean;
  readonly returns: ValueType;
}

const vector = (...args: ValueType[]): Signature => ({ args, returns: 'vector' });
const overVector = vector('vector');
const overRange = vector('matrix');
const constant: Signature = { args: [], returns: 'scalar' };
/** Of an instant: of now without an argument. */
const calendar: Signature = { args: ['vector'], optional: 1, returns: 'vector' };

function all(names: string, signature: Signature): Record<string, Signature> {
  return Object.fromEntries(names.split(' ').map((name) => [name, signature]));
}

/** Every function of the grammar. */
export const signatures: Readonly<Record<string, Signature>> = {
  ...all('abs absent ceil exp floor ln log10 log2 sgn sort sort_desc sqrt timestamp start_timestamp', overVector),
  ...all('acos acosh asin asinh atan atanh cos cosh deg rad sin sinh tan tanh', overVector),
  ...all('histogram_avg histogram_count histogram_stddev histogram_stdvar histogram_sum', overVector),
  ...all('changes delta deriv idelta increase irate rate resets absent_over_time avg_over_time', overRange),
  ...all('count_over_time first_over_time last_over_time mad_over_time max_over_time min_over_time', overRange),
  ...all('present_over_time stddev_over_time stdvar_over_time sum_over_time', overRange),
  ...all('ts_of_first_over_time ts_of_last_over_time ts_of_max_over_time ts_of_min_over_time', overRange),
  ...all('day_of_month day_of_week day_of_year days_in_month hour minute month year', calendar),
  ...all('pi time start end range step', constant),
  ...all('sort_by_label sort_by_label_desc', { args: ['vector', 'string'], variadic: true, returns: 'vector' }),
  clamp: vector('vector', 'scalar', 'scalar'),
  clamp_max: vector('vector', 'scalar'),
  clamp_min: vector('vector', 'scalar'),
  double_exponential_smoothing: vector('matrix', 'scalar', 'scalar'),
  histogram_fraction: vector('scalar', 'scalar', 'vector'),
  histogram_quantile: vector('scalar', 'vector'),
  histogram_quantiles: { args: ['vector', 'string', 'scalar'], variadic: true, returns: 'vector' },
  info: { args: ['vector', 'vector'], optional: 1, returns: 'vector' },
  label_join: { args: ['vector', 'string', 'string', 'string'], optional: 1, variadic: true, returns: 'vector' },
  label_replace: vector('vector', 'string', 'string', 'string', 'string'),
  predict_linear: vector('matrix', 'scalar'),
  quantile_over_time: vector('scalar', 'matrix'),
  round: { args: ['vector', 'scalar'], optional: 1, returns: 'vector' },
  scalar: { args: ['vector'], returns: 'scalar' },
  vector: vector('scalar'),
};

/** Aggregations with a parameter in front, and its type. */
export const aggregationParams: Readonly<Record<string, ValueType>> = {
  topk: 'scalar',
  bottomk: 'scalar',
  quantile: 'scalar',
  count_values: 'string',
  limitk: 'scalar',
  limit_ratio: 'scalar',
};
