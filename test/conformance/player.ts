/** Plays a scenario on a stage: applies the manifests, then does each step when its moment has come, on virtual time. */
import type { CancelTimer, Clock } from '#runtime/clock.ts';
import { errorText } from '#runtime/error-text.ts';
import { apply, perform } from './actions.ts';
import { Placeholders, type Addresses } from './normalise.ts';
import { Recorder } from './recorder.ts';
import type { Scenario, Step } from './scenario.ts';
import { namespace, type Stage } from './stage.ts';
import type { HookCall, Recording } from './trace.ts';
import { holds, unmet } from './when.ts';

export interface Played {
  readonly recording: Recording;
  /** Why the scenario did not come to its end. */
  readonly failure?: string;
}

/** The controller has to be running already; the stage is left as the scenario's end found it. */
export async function play(scenario: Scenario, stage: Stage, addresses: Addresses): Promise<Played> {
  const placeholders = new Placeholders(addresses);
  const script = new Script(scenario, stage, placeholders);
  script.begin();
  await stage.clock.run(scenario.timeout * 1000, () => script.isOver);
  script.recorder.stop();
  const recording = script.recorder.recording({
    steps: script.acted,
    hooks: stage.hooks.calls().map((call): HookCall => ({
      at: secondsAt(call.at, stage),
      path: call.path,
      body: call.body,
      status: call.status ?? 0,
    })),
    queries: stage.metrics.queries(),
  });
  const failure = script.failure ?? (script.isOver ? undefined : script.whyNotOver());
  return { recording, ...(failure !== undefined && { failure }) };
}

function secondsAt(wallClock: number, stage: Stage): number {
  return (wallClock - (stage.clock.as('player').now() - stage.clock.elapsed)) / 1000;
}

/** The steps of one playing and where it stands. */
class Script {
  readonly recorder: Recorder;
  readonly acted: number[] = [];
  failure: string | undefined;
  readonly #scenario: Scenario;
  readonly #stage: Stage;
  readonly #placeholders: Placeholders;
  readonly #clock: Clock;
  #cancelQuiet: CancelTimer = () => undefined;
  #waiting = false;

  constructor(scenario: Scenario, stage: Stage, placeholders: Placeholders) {
    this.#scenario = scenario;
    this.#stage = stage;
    this.#placeholders = placeholders;
    this.#clock = stage.clock.as('player');
    const now = (): number => stage.clock.elapsed / 1000;
    const onChange = (): void => this.#changed();
    this.recorder = new Recorder({
      objects: stage.objects,
      namespace,
      main: scenario.main,
      placeholders,
      now,
      onChange,
    });
  }

  get isOver(): boolean {
    return this.failure !== undefined || this.acted.length === this.#scenario.steps.length;
  }

  begin(): void {
    void this.#try(async () => this.#scenario.manifests.forEach((manifest) => apply(this.#stage.objects, manifest)));
    this.#enterStep();
  }

  whyNotOver(): string {
    const step = this.#step;
    const seconds = `after ${this.#scenario.timeout} s`;
    if (step === undefined || this.#waiting) return `the scenario was not over ${seconds}`;
    const wanted = unmet(step.when ?? {}, this.recorder.states, this.#placeholders);
    return `${this.#stepName} was still waiting ${seconds}: ${wanted.join('; ') || 'its moment was never a settled one'}`;
  }

  get #step(): Step | undefined {
    return this.#scenario.steps[this.acted.length];
  }

  get #stepName(): string {
    const index = this.acted.length;
    return index === this.#scenario.steps.length - 1 ? 'the end' : `step ${index + 1}`;
  }

  /** A step without a condition counts its seconds from the step before; the others wait for their moment. */
  #enterStep(): void {
    this.#restartQuiet();
    const step = this.#step;
    if (step && (step.when ?? undefined) === undefined) this.#actAfter(step);
  }

  #changed(): void {
    this.#restartQuiet();
    if (this.#step?.['at once'] === true) this.#judge();
  }

  #restartQuiet(): void {
    this.#cancelQuiet();
    this.#cancelQuiet = this.#clock.after(this.#scenario.quiet * 1000, () => {
      this.recorder.settle();
      this.#judge();
    });
  }

  #judge(): void {
    const step = this.#step;
    if (step === undefined || this.#waiting || this.isOver) return;
    if (holds(step.when ?? {}, this.recorder.states, this.#placeholders)) this.#actAfter(step);
  }

  #actAfter(step: Step): void {
    this.#waiting = true;
    this.#clock.after(step.after * 1000, () => void this.#act(step));
  }

  async #act(step: Step): Promise<void> {
    await this.#try(async () => {
      for (const action of step.do) await perform(action, this.#stage);
    }, step.refused);
    this.#waiting = false;
    this.acted.push(this.#stage.clock.elapsed / 1000);
    if (!this.isOver) this.#enterStep();
  }

  /** `refused`: a part of the message with which the API server has to refuse. */
  async #try(act: () => Promise<void>, refused?: string): Promise<void> {
    try {
      await act();
    } catch (error) {
      const message = errorText(error);
      if (refused === undefined) this.failure = `${this.#stepName}: ${message}`;
      else if (!message.includes(refused))
        this.failure = `${this.#stepName} was refused, but not with "${refused}": ${message}`;
      return;
    }
    if (refused !== undefined)
      this.failure = `${this.#stepName} should have been refused with "${refused}", but was not`;
  }
}
