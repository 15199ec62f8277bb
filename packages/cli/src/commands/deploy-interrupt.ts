// What a Ctrl-C during `deploy` is told: what was under way, what is being put right, and what a second one would leave.

import type { Context } from '../context.ts';
import { jobName, type LaunchPhase } from '@fairlead/launch';

export interface InterruptWatch extends Disposable {
  enter(phase: LaunchPhase): void;
  /** What the deployment is called, once that stands. */
  name(name: string): void;
}

export function watchInterrupt({ output, signal }: Context): InterruptWatch {
  let phase: LaunchPhase | undefined;
  let name = '';
  const tell = () => {
    const words = phase && interruptWords(phase, name);
    if (words) output.event('deployment.interrupted', { name, phase }, words);
  };
  signal.addEventListener('abort', tell, { once: true });
  return {
    enter: (next) => (phase = next),
    name: (known) => (name = known),
    [Symbol.dispose]: () => signal.removeEventListener('abort', tell),
  };
}

/** Pure. Undefined where the job is submitted: what is left is said when it is left. */
export function interruptWords(phase: LaunchPhase, name: string): string | undefined {
  switch (phase) {
    case 'checking':
      return `interrupted before ${name} was recorded: nothing was submitted, nothing is left`;
    case 'recorded':
      return `interrupted before a job was submitted: taking ${name} back. A second Ctrl-C leaves at once; then run: fairlead stop ${name}`;
    case 'submitting':
      return `interrupted while the scheduler answers: waiting for that, so that the job is not lost. A second Ctrl-C leaves at once; then a job called ${jobName(name, '…')} may be in the queue: fairlead stop ${name} finds and ends it`;
    case 'submitted':
      return undefined;
  }
}
