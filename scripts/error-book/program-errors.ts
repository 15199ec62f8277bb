// Codes of the SDK, of control and of the agent.

import type { ControlErrorCode } from '@fairlead/control';
import type { GatewayErrorCode } from '@fairlead/gateway';
import type { AgentErrorCode } from '@fairlead/node-agent';
import type { ClientErrorCode } from '@fairlead/client';
import type { ErrorBook } from './error-entry.ts';

export const clientErrors: ErrorBook<ClientErrorCode> = {
  profile_missing: { cause: 'This machine has not been set up.', cure: 'Run `fairlead init`.' },
  profile_unsafe: {
    cause: 'The profile holds a secret and other users may read it.',
    cure: '`chmod 600` the file that the message names.',
  },
  profile_invalid: { cause: 'The profile is damaged.', cure: 'Run `fairlead init` again.' },
  bastion_moved: {
    cause:
      "The bastion's name leads to another host than the one that holds the sockets: the name is a round robin, or the bastion has moved.",
    cure: 'Name that one host in `bastion.fromLaptop.host`, or run `fairlead init` again to move.',
  },
  control_unreachable: { cause: 'Control does not answer on the bastion.', cure: 'Run `fairlead doctor`.' },
  control_untrusted: {
    cause: 'Another program answers on the bastion than the control that this machine knows.',
    cure: 'If control was set up again, run `fairlead init`. If not, another program answers there: ask the site.',
  },
  endpoint_untrusted: {
    cause:
      'With `endToEnd`: what answered at the endpoint showed another certificate than its agent told control. Another process of the account, or root of the bastion, stands in. Nothing was sent.',
    cure: 'Ask who has access to the account on the bastion. Compare the fingerprint of `fairlead status` with that in `fairlead logs --source agent`.',
  },
  control_answer: {
    cause: 'Control refused the request; its code is in the section API below.',
    cure: 'See that section.',
  },
  gateway_answer: {
    cause: 'A gateway refused the request; its code is in the section of its commands below.',
    cure: 'See that section.',
  },
  gateway_unreachable: {
    cause:
      'The URL of a gateway does not answer: a name that is not known, a port on which nothing listens, a certificate that is not trusted.',
    cure: 'Follow the message; ask the owner of the gateway whether it serves.',
  },
  gateway_url_invalid: {
    cause: 'What was given as the URL of a gateway is none.',
    cure: 'It begins with https:// or http://.',
  },
  gateway_missing: {
    cause: 'This machine has not joined the gateway that was named, or none, or several of which none was named.',
    cure: 'Join with the line of its owner: `fairlead join`; or say which one: `--gateway`.',
  },
  model_not_offered: {
    cause: 'The gateway offers no model of that name for your key; the message lists those that it offers.',
    cure: 'Use one of these names.',
  },
  gateway_unsafe: {
    cause: 'The file of a gateway holds your key, and other users may read it.',
    cure: '`chmod 600` the file that the message names.',
  },
  gateway_invalid: {
    cause: 'The file of a gateway is damaged.',
    cure: 'Remove it, and join again with another line.',
  },
  deployment_unknown: {
    cause: 'No deployment has that name; the message lists the existing names, the hint the nearest.',
    cure: 'Use a name from `fairlead list`.',
  },
  endpoint_not_ready: { cause: 'The deployment does not serve yet.', cure: 'Wait; `fairlead status` says for what.' },
  endpoint_ended: { cause: 'The deployment has ended.', cure: 'Deploy it again.' },
  path_broken: {
    cause: 'The agent cannot be reached now: its tunnel is down or is being replaced.',
    cure: 'Try again; `fairlead status` and `fairlead logs --source agent` say more.',
  },
  answer_cut: {
    cause: 'The connection was lost before the answer was complete.',
    cure: 'Send the request again: it takes the new path.',
  },
  answer_invalid: {
    cause: "The engine's answer does not conform to the OpenAI API.",
    cure: 'See `fairlead logs --source engine`; for routes with other answers, use `fetch`.',
  },
  connection_closed: { cause: 'The program closed its connection.', cure: 'Call `connect` again.' },
  url_refused: {
    cause: "A connection's `fetch` was given another host's URL.",
    cure: "Use the connection's `baseURL`, or a path such as `/v1/models`.",
  },
  port_taken: { cause: 'Another program uses the local port.', cure: 'Choose another `--port`, or leave it out.' },
  bind_invalid: {
    cause: '`--bind` names no IP address of this machine.',
    cure: 'Use an address that `ip -brief address` shows, or leave it out for 127.0.0.1.',
  },
  origin_invalid: {
    cause: 'The value of `--allow-origin` is not an origin.',
    cure: 'Give scheme, host and port as the browser shows them: `http://localhost:3000`.',
  },
};

export const gatewayErrors: ErrorBook<GatewayErrorCode> = {
  team_unknown: {
    cause: 'No team of that name has a weight or limits of its own.',
    cure: 'Use a name from `fairlead gateway teams list`.',
  },
  member_unknown: {
    cause: 'No member of the gateway has that name.',
    cure: 'Use a name from `fairlead members list`.',
  },
  member_exists: { cause: 'There is a member of that name.', cure: 'Make another key for them: `fairlead keys add`.' },
  key_unknown: { cause: 'No key of the gateway has that id.', cure: 'Use an id from `fairlead keys list`.' },
  key_scope: {
    cause:
      'A key was asked for more than it is for: a key of more models, a longer time or more tokens an answer, another key from one with a budget of its own, or a key of more than its own scope.',
    cure: 'Ask for less, ask with a key that is for more, or ask the owner of the gateway.',
  },
  invite_mistyped: {
    cause: 'The line of `fairlead join` has a typo, or was cut short.',
    cure: 'Copy it again, from `flj_` to its end.',
  },
  invite_unknown: {
    cause: 'The gateway does not know the line: a newer one has taken its place, or it is of another gateway.',
    cure: 'Ask the owner for another: `fairlead members invite`.',
  },
  invite_used: {
    cause: 'The line was used before: it is good once.',
    cure: 'Use the key of that time; if you did not use the line, tell the owner of the gateway, who revokes that key.',
  },
  invite_expired: {
    cause: 'The time of the line is over.',
    cure: 'Ask the owner for another: `fairlead members invite`.',
  },
  gateway_url_unknown: {
    cause: 'An invitation needs the URL by which members reach the gateway, and none is known.',
    cure: 'Start the gateway, with `--url` where a proxy stands in front of it; or say `--url` to the command.',
  },
  url_invalid: {
    cause: '`--url` is no http or https URL, or has a query or a password in it.',
    cure: 'Write it as members reach the gateway: `https://llm.example.org`.',
  },
  account_invalid: {
    cause: 'A name, a limit or a time is not written as it must be.',
    cure: 'Write it as the hint says.',
  },
  source_exists: {
    cause: 'A publisher or an upstream has that name. Their names stand before those of their models.',
    cure: 'Choose another name.',
  },
  source_unknown: {
    cause: 'No publisher or upstream has that name.',
    cure: 'Use a name from `fairlead gateway publishers list` or `fairlead gateway upstreams list`.',
  },
  source_invalid: {
    cause: 'The account of a publisher, or the URL, key or model of an upstream, is not one.',
    cure: 'Write it as the hint says.',
  },
  gateway_store_failed: {
    cause:
      "The gateway's database cannot be read or written: the disk is full, or the file is damaged or another account's.",
    cure: 'See the message; make room, or put a copy of the file back.',
  },
  gateway_store_newer: { cause: 'A newer gateway has made the database.', cure: 'Install that version.' },
  gateway_already_serves: {
    cause: 'Another gateway serves the same state directory: together they would allow each member twice their limits.',
    cure: 'Use that gateway or stop it; for a second one give another `--state`.',
  },
  gateway_not_serving: {
    cause: 'No gateway serves this state directory, so there is none to ask.',
    cure: 'Start it: `fairlead gateway serve`.',
  },
  gateway_listen_failed: {
    cause: 'Another program has the port or the socket.',
    cure: 'Choose another `--port` or `--socket`, or end that program.',
  },
};

export const controlErrors: ErrorBook<ControlErrorCode> = {
  already_running: { cause: 'A control of this account runs already.', cure: 'Nothing.' },
  foreign_owner: {
    cause: 'The state belongs to a control on another host, which may still run.',
    cure: 'Use that host. If it no longer exists, follow the message.',
  },
  not_initialised: { cause: 'The state directory has no identity yet.', cure: 'Run `fairlead init`.' },
  record_refused: {
    cause: 'A peer sent a number or a text that is out of bounds and cannot be stored.',
    cure: 'Nothing was changed. Run `fairlead upgrade` and deploy again; if it happens again, report it with the message.',
  },
  run_dir_unsafe: {
    cause: 'Other users can write to the directory for sockets.',
    cure: 'Remove it, or choose another one: `bastion.runDir`.',
  },
  socket_in_use: {
    cause: "Something else answers at control's socket.",
    cure: 'End it, or choose another `bastion.runDir`.',
  },
  store_corrupt: {
    cause: "Control's database is damaged. Control does not overwrite it and does not start with an empty one.",
    cure: 'Put a backup back, or move it away as the message says: running agents enrol again.',
  },
  store_newer: {
    cause: 'The database was written by a newer control.',
    cure: 'Upgrade this machine and run `fairlead upgrade`.',
  },
  store_failed: {
    cause: 'The database cannot be read or written: no room, a quota, permissions.',
    cure: 'Make room; control recovers automatically.',
  },
  store_unreadable: {
    cause:
      'The database cannot be read at present: a network home, an expired ticket, a failing disk. Control keeps what it knows and changes nothing.',
    cure: 'See that the home directory on the bastion is there and readable; control goes on by itself.',
  },
  tokens_unreadable: {
    cause: 'The directory of owner tokens cannot be read at present, so that control cannot check a token.',
    cure: 'See that the home directory on the bastion is there and readable; control goes on by itself.',
  },
  store_locked: {
    cause: "Another program than control has control's database open: a backup, an sqlite3 shell.",
    cure: 'End that program; the message says how to find it. Control starts at the next connection.',
  },
};

export const agentErrors: ErrorBook<AgentErrorCode> = {
  usage: { cause: 'The agent was started by hand with wrong arguments.', cure: 'Only the job script should start it.' },
  spec_unreadable: {
    cause: "The job's spec cannot be read.",
    cure: 'Check that compute nodes can read `paths.state`.',
  },
  spec_exposed: { cause: "Other users may read the job's spec, which holds a secret.", cure: 'Deploy again.' },
  spec_invalid: { cause: "The job's spec is damaged.", cure: 'Deploy again.' },
  spec_version: { cause: 'The spec is of a version that this agent does not know.', cure: 'Run `fairlead upgrade`.' },
  scratch_unusable: {
    cause:
      'The node-local directory cannot be used: it is missing, full, owned by another user, its path is too long, or other users may rename files in it or above it.',
    cure: 'Choose another one: `paths.scratch`; a directory that others may write needs the sticky bit (`chmod +t`).',
  },
  token_file_unreadable: {
    cause: 'The file with the Hugging Face token cannot be read on the compute node.',
    cure: 'Check `tokenFile`, or remove it where the model needs no token.',
  },
  token_file_exposed: {
    cause: 'Other users may read or write the file with the Hugging Face token.',
    cure: '`chmod 600` the file; where other users have accounts there, make a new token first.',
  },
  prologue_failed: {
    cause:
      "A line of the cluster's `prologue` failed on the compute node, so the environment is not as the engine needs it.",
    cure: 'Correct the line that the message names, or add `|| true` if it may fail. `fairlead logs <name> --source job` shows what it printed.',
  },
  nodes_unknown: {
    cause:
      "The spec is for several nodes, and the job's environment names others: srun did not start the agents, or a setting changed `--nodes`.",
    cure: 'Look at `prologue`, `slurm.override` and `slurm.extra` of the cluster.',
  },
  nodes_unreachable: {
    cause: 'The leader finds no address for the names of the other nodes, or every port that it may take is taken.',
    cure: 'The names of compute nodes have to be known on compute nodes: ask the site. Deploy again for other ports.',
  },
  rank_taken: {
    cause:
      'Two agents of one start of a job have the same rank: the job script has started them twice. The first one stays.',
    cure: 'Let `srun` start one agent on each node: look for another `srun` in `prologue`, or for `--ntasks` in `slurm.extra`.',
  },
  companion_ports_taken: {
    cause: 'Ray needs 64 ports in a row on each node, and of the rows that this job may take none is free.',
    cure: 'Nothing: the agent tries again. Deploy again for other ports.',
  },
  gpu_unfit: {
    cause:
      'The GPUs of the node are not as the engine needs them: too few, broken, full, or named in a way that it cannot read.',
    cure: 'Deploy again under the same name: a node that is to blame is left out. Else ask for other GPUs (`gpu.type`, `gpu.request`, `--gpus`).',
  },
  engine_flag_missing: {
    cause: 'The engine that is installed on the node has no such flag, and none that stands for it.',
    cure: 'Correct the setting that the message names, or install another version. [Engines](engines.md#vllm-by-its-version) says what is replaced.',
  },
  engine_spawn_failed: {
    cause:
      'The engine is missing or may not be run. When the node only lacks resources at present, the agent tries again.',
    cure: 'Check `prologue` and `engines`.',
  },
  engine_unreachable: { cause: 'The engine does not answer at its socket.', cure: 'Nothing: the agent restarts it.' },
  engine_refused: { cause: 'The engine refused a request of the agent.', cure: 'See the log of the engine.' },
  wrong_bastion: {
    cause: "On a compute node, the bastion's name leads to another host.",
    cure: 'Name one host in `bastion.fromCluster.host`, then `fairlead init` and deploy again.',
  },
  gate_refused: { cause: "The bastion did not answer with the gate's line.", cure: 'Run `fairlead init` again.' },
  control_untrusted: {
    cause: "Another program than the agent's control dialled the agent.",
    cure: 'If control was set up again, deploy again.',
  },
  control_unproven: {
    cause:
      'The program that dialled the agent disconnected before it had proved to be control; control restarts, or the connection was cut.',
    cure: 'Nothing: control dials again.',
  },
  log_unreadable: { cause: 'A log of the job cannot be read.', cure: 'Read it on the cluster.' },
};
