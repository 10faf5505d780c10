/** How requests and answers of the API stand on the wire, whichever client carries them. */
import type { ApiResponse, Query } from './transport.ts';

/** With its question mark; empty without parameters. */
export function queryText(query: Query = {}): string {
  const parameters = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    for (const one of typeof value === 'string' ? [value] : (value ?? [])) parameters.append(key, one);
  }
  return parameters.size === 0 ? '' : `?${parameters.toString()}`;
}

/** `retryAfter` is the header's value, if there is one. */
export function apiResponse(status: number, retryAfter: string | string[] | undefined, text: string): ApiResponse {
  const seconds = Number(retryAfter ?? Number.NaN);
  return {
    status,
    body: parsed(text),
    ...(Number.isFinite(seconds) && seconds >= 0 ? { retryAfter: seconds } : {}),
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
