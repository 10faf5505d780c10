/** Session affinity: the cookies by which users stay with the version that they have seen first. The same for every router that can match cookies. */
import type { SessionAffinity } from '#api/canary-analysis.ts';
import type { CanaryStatus, SessionCookies } from '#api/canary-status.ts';
import { parseDuration } from '#api/duration.ts';
import type { Split } from '#api/split.ts';
import type { Release } from './router.ts';

/** What a router has to do for a split, in terms of requests with a matching `Cookie` header and of `Set-Cookie` headers of answers. */
export type Stickiness =
  | {
      readonly kind: 'sticky';
      /** Regular expressions of `Cookie`: whose requests go to one version, whatever the split says. */
      readonly canary: string;
      readonly primary?: string;
      /** `Set-Cookie` for answers of a version that the split has chosen. */
      readonly setCanary: string;
      readonly setPrimary?: string;
    }
  | {
      readonly kind: 'expiring';
      /** Requests with the cookie of the run before: their answers make browsers forget it. */
      readonly previous: string;
      readonly setPrevious: string;
    };

const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';
const valueLength = 10;
const defaultMaxAge = 86_400;
/** The interval of Canaries without a readable one, as everywhere else: seconds. */
const defaultInterval = 60;

/** What a new split changes of the cookies in the status: they are made when the canary first gets traffic, and given up when it gets none. */
export function nextCookies({ canary, status, random }: Release, split: Split): SessionCookies {
  const affinity = canary.spec.analysis.sessionAffinity;
  if (affinity === undefined) return {};
  const { sessionAffinityCookie: current, primarySessionAffinityCookie: primary } = status;
  if (split.canary === 0) {
    return {
      ...(current ? { sessionAffinityCookie: undefined, previousSessionAffinityCookie: current } : {}),
      // Where only the route knew it: its users come back in the next run.
      ...(primary ? { primarySessionAffinityCookie: primary } : {}),
    };
  }
  const { cookieName, primaryCookieName } = affinity;
  const keepsPrimary = primary && (!primaryCookieName || primary.startsWith(`${primaryCookieName}=`));
  return {
    sessionAffinityCookie: current || newCookie(cookieName, random),
    // Made without a name, too: the status then looks as the original's.
    primarySessionAffinityCookie: keepsPrimary ? primary : newCookie(primaryCookieName ?? '', random),
  };
}

/** The release with these cookies in its status. */
export function withCookies(release: Release, cookies: SessionCookies): Release {
  const fields = Object.entries({ ...release.status, ...cookies }).filter(([, value]) => value !== undefined);
  // Only optional fields are ever undefined, so that what is left is a status again.
  return { ...release, status: Object.fromEntries(fields) as CanaryStatus };
}

function newCookie(name: string, random: () => number): string {
  const value = Array.from({ length: valueLength }, () => letters[Math.floor(random() * letters.length)]);
  return `${name}=${value.join('')}`;
}

/** What has to be done for `split` with the cookies of the status, as they are or as `nextCookies` has changed them. */
export function stickinessOf({ canary, status }: Release, split: Split): Stickiness | undefined {
  const { sessionAffinity: affinity, interval = '' } = canary.spec.analysis;
  if (affinity === undefined) return undefined;
  const { sessionAffinityCookie: cookie, primarySessionAffinityCookie: primary } = status;
  if (split.canary === 0) {
    const previous = cookie || status.previousSessionAffinityCookie;
    return previous
      ? { kind: 'expiring', previous: cookiePattern(previous), setPrevious: cookieText(previous, -1, affinity) }
      : undefined;
  }
  if (!cookie) return undefined;
  const seconds = Math.trunc((parseDuration(interval) ?? defaultInterval * 1000) / 1000);
  return {
    kind: 'sticky',
    canary: cookiePattern(cookie),
    setCanary: cookieText(cookie, affinity.maxAge || defaultMaxAge, affinity),
    ...(affinity.primaryCookieName && primary
      ? { primary: cookiePattern(primary), setPrimary: cookieText(primary, seconds, affinity) }
      : {}),
  };
}

/** The regular expression of a `Cookie` header that holds this cookie, `name=value`. */
export function cookiePattern(cookie: string): string {
  const equals = cookie.indexOf('=');
  // A cookie's name may hold characters that mean something else in an expression; its value is made of letters.
  const name = cookie.slice(0, equals).replace(/[+*^$|]/g, String.raw`\$&`);
  return `.*${name}.*${cookie.slice(equals + 1)}.*`;
}

/** The cookie of that name which `pattern` is for, if it is for one of them. */
export function cookieOfPattern(pattern: string, name: string): string | undefined {
  const value = new RegExp(`([A-Za-z]{${valueLength}})\\.\\*$`).exec(pattern)?.[1];
  const cookie = `${name}=${value}`;
  return value !== undefined && cookiePattern(cookie) === pattern ? cookie : undefined;
}

/** `Set-Cookie` of a cookie. Its attributes also go with the text that ends it: a browser forgets a cookie only where it was set. */
function cookieText(cookie: string, maxAge: number, affinity: SessionAffinity): string {
  const { domain, httpOnly, partitioned, path, sameSite, secure } = affinity;
  return [
    cookie,
    `Max-Age=${maxAge}`,
    ...(domain ? [`Domain=${domain}`] : []),
    ...(httpOnly === true ? ['HttpOnly'] : []),
    ...(partitioned === true ? ['Partitioned'] : []),
    ...(path ? [`Path=${path}`] : []),
    ...(sameSite ? [`SameSite=${sameSite}`] : []),
    ...(secure === true ? ['Secure'] : []),
  ].join('; ');
}
