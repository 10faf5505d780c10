/** The interface that every alert service implements: one file a service, a pure map from an alert to the request that carries it. */

export interface Alert {
  readonly severity: 'info' | 'warn' | 'error';
  readonly message: string;
  /** The Canary that it is about. */
  readonly name: string;
  readonly namespace: string;
  /** Shown in this order. */
  readonly fields: readonly AlertField[];
}

export interface AlertField {
  readonly name: string;
  readonly value: string;
}

/** Whom a service sends alerts to. Address, token and proxy may hold secrets: they are never logged. */
export interface Receiver {
  readonly address: string;
  readonly token?: string | undefined;
  readonly channel: string;
  readonly username: string;
  /** URL of the proxy to use, whatever the environment says. */
  readonly proxy?: string | undefined;
}

export interface AlertRequest {
  readonly url: string;
  /** Besides the type of the content. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body: object;
  /** Why the service did not take the alert, told by the body of an answer whose status is fine. */
  readonly refusalIn?: (body: string) => string | undefined;
}

export type Notifier = (alert: Alert, receiver: Receiver) => AlertRequest;

/** How services show what an alert is about. */
export function subjectOf({ name, namespace }: Alert): string {
  return `${name}.${namespace}`;
}
