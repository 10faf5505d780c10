/** Who may make the load tester do something: whoever knows its token, when it has one. */
import { createHash, timingSafeEqual } from 'node:crypto';

/** A Bearer token, or Basic with the token as the password: a webhook's URL can carry only the latter. */
export function isAuthorized(header: string | undefined, token: string): boolean {
  const [, scheme = '', credentials = ''] = /^(\w+) +(.+)$/.exec(header ?? '') ?? [];
  switch (scheme.toLowerCase()) {
    case 'bearer':
      return equal(credentials.trim(), token);
    case 'basic':
      return equal(passwordOf(credentials), token);
    default:
      return false;
  }
}

function passwordOf(credentials: string): string {
  const text = Buffer.from(credentials, 'base64').toString('utf8');
  return text.includes(':') ? text.slice(text.indexOf(':') + 1) : '';
}

/** Takes the same time wherever the two differ, and however long they are. */
function equal(given: string, token: string): boolean {
  return timingSafeEqual(digest(given), digest(token));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
