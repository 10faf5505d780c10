/** What a command may use of the process that it runs in. */
export interface CommandIo {
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  /** Aborted when the process is asked to end. */
  readonly signal: AbortSignal;
}
