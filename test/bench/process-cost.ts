/** What a process has cost so far, as the kernel counts it: unlike elapsed time it does not depend on who else is busy. */
import { readFileSync } from 'node:fs';

export interface ProcessCost {
  /** User and system time of all its threads, in milliseconds. */
  readonly cpu: number;
  /** Resident memory now, and the most it ever was, in megabytes (10⁶ bytes). */
  readonly rss: number;
  readonly peakRss: number;
}

/** Of the clock in which /proc counts: 100 a second on every Linux that Node runs on. */
const ticksPerSecond = 100;

export function processCost(pid: number): ProcessCost {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The second field is the program's name in brackets, which may hold spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [user, system] = [Number(fields[11]), Number(fields[12])];
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const megabytes = (name: string): number => (Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) * 1024) / 1e6;
  return { cpu: ((user + system) * 1000) / ticksPerSecond, rss: megabytes('VmRSS'), peakRss: megabytes('VmHWM') };
}
