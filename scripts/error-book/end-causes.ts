// Why an instance ended: `cause.code` of its state.

import type { EndCauseCode } from '@fairlead/protocol';
import type { ErrorBook } from './error-entry.ts';

export const endCauses: ErrorBook<EndCauseCode> = {
  requested: { cause: 'A user stopped it.', cure: 'Nothing.' },
  deadline: {
    cause: "The job's time limit came; running requests were answered first.",
    cure: 'Deploy again, with a longer `--time`.',
  },
  cancelled: {
    cause: 'The job was cancelled (scancel), by you or by the site.',
    cure: 'Deploy again, or ask the site.',
  },
  preempted: {
    cause: 'A job of higher priority took the place.',
    cure: 'Deploy again, or use another QOS or partition.',
  },
  superseded: { cause: 'Slurm started the job anew; the newer start serves.', cure: 'Nothing.' },
  job_ended: {
    cause:
      'The job ended and no agent was there to say why: never submitted, killed, out of memory, a node that failed.',
    cure: 'The message says what Slurm says; `fairlead logs <name> --source job` has the output.',
  },
  agent_lost: {
    cause: 'Nothing was heard of the agent for the length of its lease: killed, its node is gone, or cut off.',
    cure: '`fairlead status <name>` asks the queue how the job is. An agent that was only cut off comes back by itself.',
  },
  engine_start_failed: {
    cause: 'The engine does not start, and would not another time either.',
    cure: "Do as the hint says; the engine's last lines are with it.",
  },
  engine_never_ready: {
    cause: 'The engine did not answer within `readyLimitSeconds`.',
    cure: 'See `fairlead logs <name>`; raise `engines.<engine>.readyLimitSeconds` where the model loads slowly. Processes that wait for each other without a word: name the interface (`NCCL_SOCKET_IFNAME`, `GLOO_SOCKET_IFNAME`).',
  },
  engine_crash_loop: {
    cause: 'The engine died too often (`health.crashLimit`).',
    cure: "See the engine's last lines and `fairlead logs <name>`.",
  },
  agent_failed: { cause: 'A fault in the agent.', cure: 'See `fairlead logs <name> --source agent`, and report it.' },
};
