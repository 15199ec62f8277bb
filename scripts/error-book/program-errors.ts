// Codes of the SDK, of control and of the agent.

import type { ControlErrorCode } from '@fairlead/control';
import type { AgentErrorCode } from '@fairlead/node-agent';
import type { ClientErrorCode } from '@fairlead/client';
import type { ErrorBook } from './error-entry.ts';

export const clientErrors: ErrorBook<ClientErrorCode> = {
  profile_missing: { cause: 'This machine has not been set up.', cure: 'Run `fairlead init`.' },
  profile_unsafe: {
    cause: 'The profile holds a secret and others may read it.',
    cure: '`chmod 600` the file that the message names.',
  },
  profile_invalid: { cause: 'The profile is damaged.', cure: 'Run `fairlead init` again.' },
  bastion_moved: {
    cause: "The bastion's name leads to another host than the one that holds the sockets: a round robin, or it moved.",
    cure: 'Name that one host in `bastion.fromLaptop.host`, or run `fairlead init` again to move.',
  },
  control_unreachable: { cause: 'Control does not answer on the bastion.', cure: 'Run `fairlead doctor`.' },
  control_untrusted: {
    cause: 'What answers on the bastion is not the control that this machine knows.',
    cure: 'Was it set up anew? `fairlead init` again. If not, another program answers there: ask the site.',
  },
  control_answer: { cause: 'Control refused; its code is one of those of the API below.', cure: 'See there.' },
  deployment_unknown: {
    cause: 'No deployment has that name; the message has those there are, the hint the nearest.',
    cure: 'Take a name from `fairlead list`.',
  },
  endpoint_not_ready: { cause: 'The deployment serves nothing yet.', cure: 'Wait; `fairlead status` says for what.' },
  endpoint_ended: { cause: 'The deployment has ended.', cure: 'Deploy it again.' },
  path_broken: {
    cause: 'There is no way to the agent now: its tunnel is down or is being replaced.',
    cure: 'Try again; `fairlead status` and `fairlead logs --source agent` say more.',
  },
  answer_cut: {
    cause: 'The connection was lost before the answer was complete.',
    cure: 'Send the request again: it takes the new path.',
  },
  answer_invalid: {
    cause: "The engine's answer is not what the OpenAI API says.",
    cure: 'See `fairlead logs --source engine`; `fetch` takes routes of another shape.',
  },
  connection_closed: { cause: 'The program closed its connection.', cure: 'Call `connect` again.' },
  url_refused: {
    cause: "A connection's `fetch` was given another host's URL.",
    cure: "Use the connection's `baseURL`, or a path such as `/v1/models`.",
  },
  port_taken: { cause: 'Another program has the local port.', cure: 'Choose another `--port`, or leave it out.' },
  bind_invalid: {
    cause: '`--bind` names no IP address of this machine.',
    cure: 'Take one of those that `ip -brief address` shows, or leave it out for 127.0.0.1.',
  },
  origin_invalid: {
    cause: '`--allow-origin` is no origin.',
    cure: 'Give scheme, host and port as the browser shows them: `http://localhost:3000`.',
  },
};

export const controlErrors: ErrorBook<ControlErrorCode> = {
  already_running: { cause: 'A control of this account runs already.', cure: 'Nothing.' },
  foreign_owner: {
    cause: 'The state belongs to a control on another host, which may still run.',
    cure: 'Use that host. If it is gone for good, do as the message says.',
  },
  not_initialised: { cause: 'The state directory has no identity yet.', cure: 'Run `fairlead init`.' },
  record_refused: {
    cause: 'A peer has told something that no stored record can hold: a number or a text out of all bounds.',
    cure: 'Nothing was changed. Run `fairlead upgrade` and deploy again; if it comes back, report it with the message.',
  },
  run_dir_unsafe: {
    cause: 'The directory for sockets is not ours alone.',
    cure: 'Remove it, or choose another one: `bastion.runDir`.',
  },
  socket_in_use: {
    cause: "Something else answers at control's socket.",
    cure: 'End it, or choose another `bastion.runDir`.',
  },
  store_corrupt: {
    cause: "Control's database is damaged. It is not overwritten, and no empty one is started in its place.",
    cure: 'Put a backup back, or move it away as the message says: running agents enrol again.',
  },
  store_newer: {
    cause: 'The database was written by a newer control.',
    cure: 'Upgrade this machine and run `fairlead upgrade`.',
  },
  store_failed: {
    cause: 'The database cannot be read or written: no room, a quota, permissions.',
    cure: 'Make room; control goes on by itself.',
  },
  store_unreadable: {
    cause:
      'The database cannot be read for the moment: a home on a network, an expired ticket, a failing disk. What control knows it keeps; it changes nothing.',
    cure: 'See that the home directory on the bastion is there and readable; control goes on by itself.',
  },
  tokens_unreadable: {
    cause:
      'The directory of owner tokens cannot be looked into for the moment, so that control cannot tell whether a token is known.',
    cure: 'See that the home directory on the bastion is there and readable; control goes on by itself.',
  },
  store_locked: {
    cause: "Something that is no control has control's database open: a backup, an sqlite3 shell.",
    cure: 'End it; the message names how to find it. Control starts at the next connection.',
  },
};

export const agentErrors: ErrorBook<AgentErrorCode> = {
  usage: { cause: 'The agent was started by hand with wrong arguments.', cure: 'It is started by the job script.' },
  spec_unreadable: { cause: "The job's spec cannot be read.", cure: 'Is `paths.state` shared with compute nodes?' },
  spec_exposed: { cause: "Others may read the job's spec, which holds a secret.", cure: 'Deploy again.' },
  spec_invalid: { cause: "The job's spec is damaged.", cure: 'Deploy again.' },
  spec_version: { cause: 'The spec is of a version that this agent does not know.', cure: 'Run `fairlead upgrade`.' },
  scratch_unusable: {
    cause:
      'The node-local directory cannot be used: missing, full, not ours, its path is too long, or other users may rename what is in it or above it.',
    cure: 'Choose another one: `paths.scratch`; a directory that others may write needs the sticky bit (`chmod +t`).',
  },
  token_file_unreadable: {
    cause: 'The file with the Hugging Face token cannot be read on the compute node.',
    cure: 'Check `tokenFile`, or remove it where the model needs no token.',
  },
  token_file_exposed: {
    cause: 'Other users may read or write the file with the Hugging Face token.',
    cure: '`chmod 600` it; where others have accounts there, make a new token first.',
  },
  engine_spawn_failed: {
    cause:
      'The engine is not there or may not be run. Where the node only has no room for it at the moment, the agent tries again.',
    cure: 'Check `prologue` and `engines`.',
  },
  engine_unreachable: { cause: 'The engine does not answer at its socket.', cure: 'It is restarted by itself.' },
  engine_refused: { cause: 'The engine refused a request of the agent.', cure: 'See the log of the engine.' },
  wrong_bastion: {
    cause: "The bastion's name leads a compute node to another host.",
    cure: 'Name one host in `bastion.fromCluster.host`, then `fairlead init` and deploy again.',
  },
  gate_refused: { cause: 'The bastion did not answer with the line of the gate.', cure: 'Run `fairlead init` again.' },
  control_untrusted: {
    cause: 'What dialled the agent is not the control it was made for.',
    cure: 'Was control set up anew? Deploy again.',
  },
  control_unproven: {
    cause: 'What dialled the agent went away before it had proved itself; control restarts, or the connection was cut.',
    cure: 'Nothing: it dials again.',
  },
  log_unreadable: { cause: 'A log of the job cannot be read.', cure: 'Look at it on the cluster.' },
};
