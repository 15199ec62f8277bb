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
    cause: 'A job of higher priority took its place.',
    cure: 'Deploy again, or use another QOS or partition.',
  },
  superseded: { cause: 'Slurm started the job again; the newer start serves.', cure: 'Nothing.' },
  job_ended: {
    cause:
      'The job ended and no agent reported why: it was never submitted, was killed, ran out of memory, or its node failed.',
    cure: "The message has Slurm's reason; `fairlead logs <name> --source job` has the output.",
  },
  agent_lost: {
    cause:
      'Control heard nothing from the agent for the length of its lease: it was killed, its node is down, or it is cut off.',
    cure: '`fairlead status <name>` asks the queue about the job. An agent that is only cut off comes back automatically.',
  },
  node_lost: {
    cause: 'A node of a job over several nodes is gone, frozen or cut off, or has never come. The message names it.',
    cure: 'Deploy again; exclude the node where it fails again (`slurm.override: { exclude: <node> }`), and tell the site.',
  },
  engine_start_failed: {
    cause: 'The engine does not start, and another attempt would fail too.',
    cure: "Follow the hint, which has the engine's last lines.",
  },
  engine_never_ready: {
    cause: 'The engine did not answer within `readyLimitSeconds`.',
    cure: 'See `fairlead logs <name>`; raise `engines.<engine>.readyLimitSeconds` where the model loads slowly. If processes wait for each other without output, name the interface (`NCCL_SOCKET_IFNAME`, `GLOO_SOCKET_IFNAME`).',
  },
  engine_crash_loop: {
    cause: 'The engine died too often (`health.crashLimit`).',
    cure: "See the engine's last lines and `fairlead logs <name>`.",
  },
  agent_failed: { cause: 'A fault in the agent.', cure: 'See `fairlead logs <name> --source agent`, and report it.' },
};
