/** The interface that every metric provider of an analysis implements: one file a provider. */
import type { Metric } from '#api/analysis-metric.ts';
import type { AnalysisMeasurement } from '#api/analysis-run.ts';
import type { KubeObject } from '#api/kubernetes.ts';
import type { Client } from '#cluster/client.ts';
import type { Clock } from '#runtime/clock.ts';
import type { Http } from '#runtime/http.ts';

export interface AnalysisProviderDeps {
  /** For addresses that users give: may refuse local ones. */
  readonly http: Http;
  /** For addresses that whoever runs the controller has set: local ones too. */
  readonly operatorHttp: Http;
  readonly clock: Clock;
  /** Environment variables that stand for addresses and credentials. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Reads files that the environment names, such as a token of a service account. */
  readonly readText?: (file: string) => Promise<string>;
  /** For Jobs. */
  readonly client: Client;
  /** Decoded values of a Secret; `undefined` when there is none. */
  readonly secret: (
    namespace: string,
    name: string,
    signal: AbortSignal,
  ) => Promise<Readonly<Record<string, string>> | undefined>;
  /** Where the controller runs: its own Secrets are there. */
  readonly ownNamespace: string;
}

/** One measurement to take, to look after, or to stop. */
export interface MeasurementRequest {
  /** With its placeholders filled. */
  readonly metric: Metric;
  readonly run: KubeObject;
  /** What is resumed or terminated. */
  readonly measurement?: AnalysisMeasurement;
  /** Measurements of the metric so far, errors included. */
  readonly taken: number;
  readonly signal: AbortSignal;
}

type Texts = Readonly<Record<string, string>>;

export type ProviderAnswer =
  /** A value that the conditions of the metric are held against. */
  | {
      readonly kind: 'result';
      /** JSON, integers as bigint. */
      readonly result: unknown;
      /** How the measurement shows it. */
      readonly text: string;
      /** What the lists in it hold; default: anything. */
      readonly elements?: 'any' | 'float64';
      readonly metadata?: Texts;
    }
  | {
      readonly kind: 'error';
      readonly message: string;
      /** The server cannot be reached, or does not answer as it should; not set where the metric itself is wrong. */
      readonly isOutage?: boolean;
      readonly text?: string;
      readonly metadata?: Texts;
    }
  /** It goes on outside this process. */
  | { readonly kind: 'running'; readonly metadata: Texts; readonly resumeAt: number }
  /** The provider judges by itself. */
  | {
      readonly kind: 'verdict';
      readonly phase: 'Successful' | 'Failed' | 'Inconclusive' | 'Error';
      readonly message?: string;
      readonly text?: string;
      readonly metadata?: Texts;
    };

/** Never throws for what a server, a network or a user's configuration can do: that is an answer. */
export interface AnalysisProvider {
  /** How metrics name it. */
  readonly type: string;
  /** What is said of the metric itself, such as its query. */
  metadata?(metric: Metric): Texts;
  start(request: MeasurementRequest): Promise<ProviderAnswer>;
  /** Only of what can be `running`. */
  resume?(request: MeasurementRequest): Promise<ProviderAnswer>;
  terminate?(request: MeasurementRequest): Promise<ProviderAnswer>;
  /** Removes what old measurements left behind, down to the newest `keep`. */
  collect?(request: Pick<MeasurementRequest, 'metric' | 'run' | 'signal'>, keep: number): Promise<void>;
}

export type MakeAnalysisProvider = (deps: AnalysisProviderDeps) => AnalysisProvider;
