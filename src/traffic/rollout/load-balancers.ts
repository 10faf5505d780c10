/** What the verification of an AWS load balancer asks of AWS. */

export interface LoadBalancer {
  readonly name: string;
  readonly arn: string;
}

export interface TargetGroup {
  readonly name: string;
  readonly arn: string;
  readonly tags: Readonly<Record<string, string>>;
}

export interface GroupWeight {
  readonly arn: string;
  readonly weight: number;
}

/** Each call throws `Error` when AWS does not answer, or refuses; its message is the user's. */
export interface LoadBalancers {
  /** The load balancer with this DNS name. */
  find(hostname: string, signal?: AbortSignal): Promise<LoadBalancer | undefined>;
  targetGroups(balancer: LoadBalancer, signal?: AbortSignal): Promise<readonly TargetGroup[]>;
  /** How each forwarding rule splits its requests. */
  splits(balancer: LoadBalancer, signal?: AbortSignal): Promise<readonly (readonly GroupWeight[])[]>;
  /** `ADDRESS:PORT` of all that is registered. */
  targets(groupArn: string, signal?: AbortSignal): Promise<readonly string[]>;
}

/** What follows `app/` or `targetgroup/` in an ARN, as AWS's metrics name the resource. */
export function fullNameOf(arn: string): string {
  const resource = arn.split(':').at(-1) ?? '';
  return resource.replace(/^loadbalancer\//, '');
}
