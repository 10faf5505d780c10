/** Which router serves which provider. */
import { gatewayApi } from './gateway-api.ts';
import { kubernetes } from './kubernetes.ts';
import type { TrafficRouter } from './router.ts';

export const routers = {
  kubernetes,
  'gatewayapi:v1': gatewayApi,
} satisfies Record<string, TrafficRouter>;

export type Provider = keyof typeof routers;

export function routerOf(provider: string): TrafficRouter | undefined {
  return Object.hasOwn(routers, provider) ? routers[provider as Provider] : undefined; // just checked
}
