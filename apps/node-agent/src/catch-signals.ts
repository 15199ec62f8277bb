// Handles the job's signals from the first moment on, and keeps those that come before a listener is there.

import type { AgentDeps, AgentSignal } from './agent-deps.ts';

const draining: readonly AgentSignal[] = ['SIGTERM', 'SIGINT', 'SIGUSR2'];

/** SIGUSR1 is ignored: without `--disable-sigusr1` it would open Node's debugger. */
export function catchSignals(process: NodeJS.Process): AgentDeps['onSignal'] {
  const early: AgentSignal[] = [];
  const listeners = new Set<(signal: AgentSignal) => void>();
  process.on('SIGUSR1', () => undefined);
  for (const signal of draining) {
    process.on(signal, () => {
      if (listeners.size === 0) early.push(signal);
      for (const listener of listeners) listener(signal);
    });
  }
  return (listener) => {
    listeners.add(listener);
    for (const signal of early.splice(0)) listener(signal);
    return () => listeners.delete(listener);
  };
}
