/** Tokens of OAuth 2 for a program: got by the client credentials grant, kept until they are about to end. */
import * as z from 'zod';
import type { ProviderAuthentication } from '#api/analysis-metric.ts';
import type { Clock } from '#runtime/clock.ts';
import { HttpError, type Http, type HttpResponse } from '#runtime/http.ts';
import { parsedJson, shortened } from '../json-body.ts';
import { MeasurementProblem, type Hide } from './answering.ts';

type Grant = Readonly<Record<'tokenUrl' | 'clientId' | 'clientSecret', string>> & {
  readonly scopes: readonly string[];
  readonly insecure: boolean;
};

interface Token {
  /** Type and token, as a header holds them. */
  readonly authorization: string;
  /** Milliseconds since the Unix epoch. */
  readonly until: number;
}

export interface TokenDeps {
  readonly http: Http;
  readonly clock: Clock;
}

interface TokenCall {
  readonly timeout: number;
  readonly insecure: boolean;
  readonly hide: Hide;
  readonly signal: AbortSignal;
}

/** Tokens are got anew that long before they end. */
const margin = 10_000;
/** Metrics with a token each that are no more are forgotten. */
const mostTokens = 1_000;
const kept = new WeakMap<Http, Map<string, Token>>();

/** The header for a request; none when the metric does not ask for a token. Throws `MeasurementProblem`. */
export async function tokenHeader(
  oauth2: NonNullable<ProviderAuthentication['oauth2']> | undefined,
  deps: TokenDeps,
  call: TokenCall,
): Promise<Readonly<Record<string, string>>> {
  const { tokenUrl = '', clientId = '', clientSecret = '', scopes = [] } = oauth2 ?? {};
  if (tokenUrl === '') return {};
  if (clientId === '' || clientSecret === '')
    throw new MeasurementProblem('missing mandatory parameter in metric for OAuth2 setup');
  call.hide(clientSecret, `${formText(clientId)}:${formText(clientSecret)}`);
  const grant = { tokenUrl, clientId, clientSecret, scopes, insecure: call.insecure };
  const tokens = tokensOf(deps.http);
  const key = JSON.stringify(grant);
  let token = tokens.get(key);
  if (token === undefined || token.until - margin <= deps.clock.now()) {
    token = await newToken(grant, deps, call);
    tokens.delete(key);
    tokens.set(key, token);
    for (const oldest of tokens.keys()) {
      if (tokens.size <= mostTokens) break;
      tokens.delete(oldest);
    }
  }
  call.hide(token.authorization.replace(/^\S+ /, ''));
  return { Authorization: token.authorization };
}

/** A server that refuses a token has ended it early. */
export function forgetTokens(http: Http): void {
  kept.delete(http);
}

function tokensOf(http: Http): Map<string, Token> {
  const found = kept.get(http);
  if (found !== undefined) return found;
  const made = new Map<string, Token>();
  kept.set(http, made);
  return made;
}

const answerSchema = z.looseObject({
  access_token: z.string().min(1),
  token_type: z.string().exactOptional(),
  expires_in: z.coerce.number().exactOptional(),
});
const refusalSchema = z.looseObject({ error: z.string(), error_description: z.string().exactOptional() });

async function newToken(grant: Grant, { http, clock }: TokenDeps, call: TokenCall): Promise<Token> {
  const form = new URLSearchParams({ grant_type: 'client_credentials' });
  if (grant.scopes.length > 0) form.set('scope', grant.scopes.join(' '));
  const { clientId, clientSecret } = grant;
  const login = Buffer.from(`${formText(clientId)}:${formText(clientSecret)}`).toString('base64');
  let response = await ask(http, grant, call, form, { Authorization: `Basic ${login}` });
  if (response.status >= 400 && response.status < 500) {
    // Some servers want the client's name and secret in the form.
    form.set('client_id', clientId);
    form.set('client_secret', clientSecret);
    response = await ask(http, grant, call, form, {});
  }
  const json = parsedJson(response.body);
  if (response.status < 200 || response.status > 299) throw refused(response, json);
  const answer = answerSchema.safeParse(json);
  if (!answer.success) throw problem('server response missing access_token');
  const { access_token: token, token_type: type = '', expires_in: seconds = 0 } = answer.data;
  const scheme = type === '' || type.toLowerCase() === 'bearer' ? 'Bearer' : type;
  return {
    authorization: `${scheme} ${token}`,
    // Without an end, one that is not too far: the server may be asked again.
    until: clock.now() + (seconds > 0 ? seconds * 1_000 : 60_000 + margin),
  };
}

async function ask(
  http: Http,
  { tokenUrl, insecure }: Grant,
  { timeout, signal }: TokenCall,
  form: URLSearchParams,
  headers: Readonly<Record<string, string>>,
): Promise<HttpResponse> {
  try {
    // The form may hold the secret: it goes nowhere else, so redirects are not followed.
    return await http.send({
      method: 'POST',
      url: tokenUrl,
      headers: { ...headers, 'Content-Type': 'application/x-www-form-urlencoded' },
      body: form.toString(),
      timeout,
      signal,
      ...(insecure ? { insecureSkipVerify: true } : {}),
    });
  } catch (error) {
    signal.throwIfAborted();
    throw error instanceof HttpError ? problem(`cannot fetch token: ${error.message}`) : error;
  }
}

function refused({ status, statusText, body }: HttpResponse, json: unknown): MeasurementProblem {
  const known = refusalSchema.safeParse(json);
  if (!known.success)
    return problem(`cannot fetch token: ${`${status} ${statusText}`.trim()}\nResponse: ${shortened(body)}`);
  const { error, error_description: description } = known.data;
  return problem(`"${shortened(error)}"${description === undefined ? '' : ` "${shortened(description)}"`}`);
}

const problem = (reason: string): MeasurementProblem => new MeasurementProblem(`oauth2: ${reason}`, { isOutage: true });

/** As a form holds it, which is how the grant wants names and secrets in a header. */
function formText(text: string): string {
  return new URLSearchParams({ a: text }).toString().slice(2);
}
