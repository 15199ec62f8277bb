// An instance's state in words, and whether a wait for it is over. Pure.

import { defined } from '@fairlead/kit';
import type { Deployment } from '@fairlead/client';
import type { InstanceState, InstanceView, NodeProgress } from '@fairlead/protocol';

import type { LineFields } from '../output/lines/json-line.ts';

const startPhases: Record<string, string> = {
  booting: 'engine is starting',
  downloading: 'downloading weights',
  loading: 'loading weights',
  compiling: 'compiling',
  warming: 'warming up',
  probing: 'asking for a first token',
};

export function stateWords(state: InstanceState): string {
  switch (state.status) {
    case 'submitted':
      return 'submitted';
    case 'queued':
      return `queued${state.reason ? ` (${state.reason})` : ''}${state.estimatedStartMs ? `, starts about ${clockTime(state.estimatedStartMs)}` : ''}`;
    case 'starting':
      return startingWords(state);
    case 'ready':
      return 'ready';
    case 'degraded':
      return `degraded: ${state.reason}`;
    case 'draining':
      return `draining until ${clockTime(state.untilMs)} (${state.cause.message})`;
    case 'stopped':
      return `stopped: ${state.cause.message}`;
    case 'failed':
      return `failed: ${state.cause.message}`;
  }
}

/** `downloading weights: 12.4 of 16.1 GB, 77 % (ready after 4 min 05 s last time)`. */
function startingWords({ lastStartMs, ...progress }: Extract<InstanceState, { status: 'starting' }>): string {
  const last = lastStartMs === undefined ? '' : ` (ready after ${startDuration(lastStartMs)} last time)`;
  return `${progressWords(progress)}${last}`;
}

/** `loading weights: shard 3/4, 75 %`. */
export function progressWords({ phase, percent, detail }: NodeProgress): string {
  const parts = [detail, percent === undefined ? undefined : `${Math.round(percent)} %`].filter(
    (part) => part !== undefined,
  );
  const far = parts.length === 0 ? '' : `${detail === undefined ? ' ' : ': '}${parts.join(', ')}`;
  return `${startPhases[phase] ?? phase}${far}`;
}

/** `4 min 05 s`. */
export function startDuration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  const minutes = Math.floor(seconds / 60);
  return minutes === 0 ? `${seconds} s` : `${minutes} min ${String(seconds % 60).padStart(2, '0')} s`;
}

/** Of a deployment that has ended: "failed: the engine …". */
export function endWords({ status, detail }: Deployment): string {
  return detail === undefined ? status : `${status}: ${detail}`;
}

/** Indents the further lines of a job's text: without that they could look like facts of another deployment. */
export function indented(message: string): string {
  return message.replaceAll('\n', '\n    ');
}

/** `2026-11-21 08:14:36`, in the time zone of this machine: the Swedish locale writes it so. */
export function clockTime(ms: number): string {
  return new Date(ms).toLocaleString('sv-SE');
}

export function leftWords(ms: number, nowMs: number): string {
  const minutes = Math.max(0, Math.round((ms - nowMs) / 60_000));
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** What a row of several instances begins with: ` (successor)`, ` (replica 2)`; empty for the one of most deployments. */
export function placeWords({ role, replica }: Pick<InstanceView, 'role' | 'replica'>): string {
  return `${role === 'successor' ? ' (successor)' : ''}${replica > 0 ? ` (replica ${replica + 1})` : ''}`;
}

/** Facts of an instance for a JSON line: no key, no token is in a view. */
export function instanceFacts(instance: InstanceView): LineFields<'instance.changed'> {
  return {
    instance: instance.id,
    ...defined({ jobId: instance.jobId }),
    state: instance.state,
    nodes: instance.nodes,
    endpoints: instance.endpoints,
    ...defined({ deadlineMs: instance.deadlineMs }),
  };
}
