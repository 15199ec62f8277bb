// What a launch or a stop tells, for people and for programs. What a command prints itself, its result above all, is left out.

import type { LaunchEvent, StopEvent } from '@fairlead/launch';

import { instanceFacts, stateWords } from '../commands/instance-words.ts';
import { sizedFields, sizedText } from '../commands/sized-text.ts';
import type { Output } from '../output/output.ts';

type Event = LaunchEvent | StopEvent;
type Renderers = { [Type in Event['type']]: (event: Extract<Event, { type: Type }>, output: Output) => void };

export function renderEvent(event: Event, output: Output): void {
  // The table has the renderer of this very type, which TypeScript cannot follow.
  const render = renderers[event.type] as (one: Event, to: Output) => void;
  render(event, output);
}

const leftToTheCommand = () => undefined;

const renderers: Renderers = {
  'deployment.planned': leftToTheCommand,
  'launch.phase': leftToTheCommand,
  'deployment.ready': leftToTheCommand,
  'deployment.stopped': leftToTheCommand,

  'deployment.sized': ({ type, plan }, output) => output.event(type, sizedFields(plan), sizedText(plan)),
  warning: ({ message }, output) => output.warn(message),
  'host.connecting': ({ host }, output) => output.busy(`connecting to ${host}`),
  'job-key.making': (_event, output) => output.busy("making the job's key"),
  'job-key.made'({ type, cluster, marker }, output) {
    const words = `made the key with which jobs on ${cluster} reach the bastion, and tried it`;
    output.event(type, { cluster, marker }, words);
  },
  'file.uploading'({ file, sentBytes, totalBytes }, output) {
    const percent = totalBytes === 0 ? 100 : Math.floor((100 * sentBytes) / totalBytes);
    output.busy(`uploading ${file} ${percent} %`);
  },
  'agent.uploaded': ({ type, files }, output) => output.event(type, { files }, `uploaded ${files.join(', ')}`),
  'deployment.submitted': ({ type, name, jobId, instance }, output) =>
    output.event(type, { name, jobId, instance }, `submitted as job ${jobId}`),
  'instance.changed'({ type, instance }, output) {
    const { state } = instance;
    // That it was submitted, a person has read with the job's number.
    output.event(type, instanceFacts(instance), state.status === 'submitted' ? undefined : stateWords(state));
  },
  'queue.back': ({ type, cluster }, output) => output.event(type, { cluster }, `${cluster} answers again`),
  'deployment.left': ({ type, name, jobId }, output) =>
    output.event(
      type,
      { name, jobId },
      `job ${jobId} goes on without this command. Look at it with: fairlead status ${name}   End it with: fairlead stop ${name}`,
    ),

  'deployment.stopping'({ type, name, mode, delivered }, output) {
    const told = mode === 'now' ? 'told the agent to stop' : 'told the agent to drain and stop';
    output.event(type, { name, mode, delivered }, delivered ? told : 'no agent to tell; seeing to the job');
  },
  'requests.waiting': ({ inFlight }, output) =>
    output.busy(`waiting for ${inFlight} request${inFlight === 1 ? '' : 's'} to end (--now cuts them)`),
  'job.found': ({ type, name, jobIds }, output) =>
    output.event(type, { name, jobIds }, `found by its name: job ${jobIds.join(', ')}`),
  'job.cancelled': ({ type, jobId, how }, output) => output.event(type, { jobId, how }, `cancelled job ${jobId}`),
};
