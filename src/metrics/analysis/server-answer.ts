/** What calls of servers have in common: addresses, statuses, and answers that are none. */
import { isOutage, MeasurementProblem } from './answering.ts';

export const isWell = (status: number): boolean => status >= 200 && status <= 299;

/** A server that refuses: this metric, or everybody. */
export function refusal(status: number, message: string): MeasurementProblem {
  return new MeasurementProblem(message, { isOutage: isOutage(status) });
}

/** An answer that no such server gives. */
export function strange(message: string): MeasurementProblem {
  return new MeasurementProblem(message, { isOutage: true });
}

/** The URL of an API below an address, which may have a path of its own; `undefined` when the address is none. */
export function urlBelow(address: string, path: string): URL | undefined {
  const url = URL.parse(address);
  if (url === null || !/^https?:$/.test(url.protocol) || url.host === '') return undefined;
  url.pathname = `${url.pathname.replace(/\/+$/, '')}${path}`;
  url.hash = '';
  return url;
}
