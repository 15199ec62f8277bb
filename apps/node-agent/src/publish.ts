// Publishes each fact to all its readers: the job's log (people), agent.log, audit.jsonl, the connection files, control.

import type { InstanceState, InstanceSpec } from '@fairlead/protocol';
import type { AgentDeps } from './agent-deps.ts';
import type { ControlLink } from './control-link/control-link.ts';
import { connectionFileOf, type InstanceFacts } from './instance-facts.ts';
import type { Audit } from './job/append-audit.ts';
import type { JobIdentity } from '@fairlead/scheduler';
import type { AgentMetrics } from './metrics/agent-metrics.ts';
import type { ConnectionWriter } from './job/write-connection-files.ts';

export interface PublisherOptions {
  spec: InstanceSpec;
  job: JobIdentity;
  deps: AgentDeps;
  facts: InstanceFacts;
  audit: Audit;
  files: ConnectionWriter;
  control: Pick<ControlLink, 'changed' | 'happened'>;
  metrics: Pick<AgentMetrics, 'noted'>;
}

export interface Publisher {
  /** One life event. */
  note: (event: { kind: string; message: string; atMs?: number }) => void;
  /** Facts that are now true. */
  learn: (facts: Partial<Omit<InstanceFacts, 'deadlineMs' | 'others'>>) => void;
}

export function createPublisher(options: PublisherOptions): Publisher {
  const { spec, job, deps, facts, audit, files, control, metrics } = options;
  const ids = { instanceId: spec.instanceId, jobId: job.jobId };
  let progress = '';

  function say(state: InstanceState): void {
    if (state.status !== 'starting') return;
    const { phase, percent, detail } = state;
    const text = `engine ${[phase, percent === undefined ? undefined : `${percent}%`, detail].filter(Boolean).join(' ')}`;
    if (text !== progress) deps.say(text);
    progress = text;
  }

  return {
    note({ kind, message, atMs = deps.clock.now() }) {
      metrics.noted(kind);
      deps.log.info({ op: kind }, message);
      deps.say(message);
      audit.append({ at: new Date(atMs).toISOString(), kind, message, ...ids });
      control.happened({ kind, message, atMs });
    },
    learn(known) {
      Object.assign(facts, known);
      if (known.state) say(known.state);
      control.changed();
      const now = deps.clock.now();
      const connection = connectionFileOf(facts, spec, { jobId: job.jobId, now });
      if (connection) files.write(connection);
    },
  };
}
