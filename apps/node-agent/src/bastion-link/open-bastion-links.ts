// The two connections of an agent: data and control apart, so that a bulk answer cannot delay a heartbeat.

import type { Duplex } from 'node:stream';
import { Scope } from '@fairlead/kit';
import { firstGeneration } from '@fairlead/protocol';
import type { SshTarget } from '@fairlead/tunnel';
import type { AgentDeps } from '../agent-deps.ts';
import type { AgentSpec } from '../job/read-spec.ts';
import { openBastionLink } from './bastion-link.ts';
import type { TunnelFailure } from './tunnel-machine.ts';

export interface BastionLinksOptions {
  spec: AgentSpec;
  /** Of the job: generations of a restart lie above those before. */
  restart: number;
  deps: Pick<AgentDeps, 'clock' | 'random' | 'log'>;
  acceptData: (stream: Duplex) => void;
  acceptControl: (stream: Duplex) => void;
  /** Undefined while the data connection is down. */
  onEndpoint: (endpoint: { generation: number; socketPath: string } | undefined) => void;
  note: (kind: string, message: string) => void;
  onHopeless: (failure: TunnelFailure) => void;
}

export function openBastionLinks(options: BastionLinksOptions): AsyncDisposable {
  const { spec, deps, note } = options;
  const scope = new Scope();
  const common = {
    target: targetOf(spec),
    jobKeyDir: spec.jobKeyDir,
    instanceId: spec.instanceId,
    expectedHost: spec.bastionIdentity.host,
    firstGeneration: firstGeneration(options.restart),
    ...deps,
    onHopeless: options.onHopeless,
  };
  for (const kind of ['control', 'data'] as const) {
    scope.use(
      openBastionLink({
        ...common,
        kind,
        accept: kind === 'data' ? options.acceptData : options.acceptControl,
        onUp: (at) => {
          if (kind === 'data') options.onEndpoint(at);
          note('tunnel.up', `${kind} connection to ${spec.bastion.host} is up, generation ${at.generation}`);
        },
        onDown: (reason) => {
          if (kind === 'data') options.onEndpoint(undefined);
          note('tunnel.down', `${kind} connection to ${spec.bastion.host} is down: ${reason}`);
        },
        onTrouble: ({ message, hint }) => {
          note('tunnel.trouble', `${kind} connection: ${message}${hint === undefined ? '' : ` (${hint})`}`);
        },
      }),
    );
  }
  return scope;
}

function targetOf({ bastion }: AgentSpec): SshTarget {
  return {
    host: bastion.host,
    port: bastion.port,
    user: bastion.user,
    hostKeys: { kind: 'pinned', keys: bastion.hostKeys },
    // The keys are looked up at each try: they may have been replaced.
    auth: {},
    connectTimeoutMs: 15_000,
    // The kernel asks again after 1 s; whoever is silent for longer is asked anew, soon.
    answerTimeoutMs: 3_000,
  };
}
