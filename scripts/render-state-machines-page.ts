// docs/state-machines.md: the table of every state machine of the repository.

import { followMachine, warmMachine } from '@fairlead/client/testing';
import { dialMachine, lifeMachine, presenceMachine } from '@fairlead/control';
import { simulatorMachine } from '@fairlead/engine-sim';
import { breakerMachine, requestMachine } from '@fairlead/gateway';
import { renderTransitions } from '@fairlead/kit';
import { tunnelMachine } from '@fairlead/carrier';
import {
  connectionMachine,
  controlLinkMachine,
  healthMachine,
  leadMachine,
  rosterMachine,
  supervisorMachine,
  workerMachine,
} from '@fairlead/node-agent';
import { jobMachine } from '@fairlead/scheduler';
import { raceMachine } from '@fairlead/ssh';

const machines: ReadonlyArray<{ title: string; file: string; table: () => string }> = [
  {
    title: 'An instance, as its agent sees it',
    file: 'apps/node-agent/src/supervisor/transition.ts',
    table: () => renderTransitions(supervisorMachine),
  },
  {
    title: 'A serving engine, as its agent judges it',
    file: 'apps/node-agent/src/health/health-machine.ts',
    table: () => renderTransitions(healthMachine),
  },
  {
    title: 'The nodes of a job, as its leader sees them',
    file: 'apps/node-agent/src/nodes/roster/roster.ts',
    table: () => renderTransitions(rosterMachine),
  },
  {
    title: 'A part of an engine, as the worker that runs it sees it',
    file: 'apps/node-agent/src/nodes/worker/part-state.ts',
    table: () => renderTransitions(workerMachine),
  },
  {
    title: 'An engine with companions, as its leader runs it',
    file: 'apps/node-agent/src/companion/lead-state.ts',
    table: () => renderTransitions(leadMachine),
  },
  {
    title: 'An instance, as control sees it',
    file: 'apps/control/src/domain/instance-life.ts',
    table: () => renderTransitions(lifeMachine),
  },
  {
    title: "The presence of a ready instance's agent, as control sees it",
    file: 'apps/control/src/domain/presence.ts',
    table: () => renderTransitions(presenceMachine),
  },
  {
    title: "An agent's socket file, as control's dialler sees it",
    file: 'apps/control/src/carrier/dial-machine.ts',
    table: () => renderTransitions(dialMachine),
  },
  {
    title: 'A link from an agent to the bastion',
    file: 'packages/carrier/src/bastion-socket/tunnel-machine.ts',
    table: () => renderTransitions(tunnelMachine),
  },
  {
    title: 'The link from an agent to control',
    file: 'apps/node-agent/src/control-link/link-machine.ts',
    table: () => renderTransitions(controlLinkMachine),
  },
  {
    title: 'A deployment, as a client follows it',
    file: 'packages/client/src/paths/follow-machine.ts',
    table: () => renderTransitions(followMachine),
  },
  {
    title: 'Paths that a client holds ready',
    file: 'packages/client/src/paths/warm-machine.ts',
    table: () => renderTransitions(warmMachine),
  },
  {
    title: 'A request in the gateway',
    file: 'apps/gateway/src/relay/request-life.ts',
    table: () => renderTransitions(requestMachine),
  },
  {
    title: 'The breaker of an instance in the gateway',
    file: 'apps/gateway/src/routing/breaker.ts',
    table: () => renderTransitions(breakerMachine),
  },
  {
    title: 'A connection in the front',
    file: 'apps/node-agent/src/front/connection-life.ts',
    table: () => renderTransitions(connectionMachine),
  },
  {
    title: 'Two routes to one host, asked side by side',
    file: 'packages/ssh/src/routes/route-race.ts',
    table: () => renderTransitions(raceMachine()),
  },
  {
    title: 'A job of the local scheduler',
    file: 'packages/scheduler/src/local/job-life.ts',
    table: () => renderTransitions(jobMachine),
  },
  {
    title: "The simulator's process",
    file: 'packages/engine-sim/src/process/life.ts',
    table: () => renderTransitions(simulatorMachine),
  },
];

export function renderStateMachinesPage(): string {
  const tables = machines.map(({ title, file, table }) => `## ${title}\n\n\`${file}\`\n\n${table()}`);
  return `# State machines

Every state against every event. What is not in a table changes nothing. *Running* is not *ready*, and the first cause of an end wins.

${tables.join('\n')}`;
}
