// docs/errors.md: every code that a user can see, with its cause and its cure.

import { wireErrors } from '@fairlead/protocol';
import { engineErrors } from '@fairlead/client';
import { commandErrors } from './command-errors.ts';
import { endCauses } from './end-causes.ts';
import type { ErrorEntry } from './error-entry.ts';
import { muxErrors } from './mux-errors.ts';
import { agentErrors, clientErrors, controlErrors, gatewayErrors } from './program-errors.ts';
import { slurmErrors } from './slurm-errors.ts';
import { sshErrors } from './ssh-errors.ts';

interface Chapter {
  title: string;
  about: string;
  entries: Readonly<Record<string, ErrorEntry>>;
}

export const chapters: readonly Chapter[] = [
  {
    title: 'Commands',
    about: 'Faults in what was typed or configured, or on a host.',
    entries: commandErrors,
  },
  {
    title: 'SSH',
    about: 'Failures of connections to the bastion, to the login host, or from the job to the bastion.',
    entries: sshErrors,
  },
  { title: 'Slurm', about: "The message has Slurm's own words.", entries: slurmErrors },
  { title: 'Why a deployment ended', about: '`cause.code` of its state.', entries: endCauses },
  { title: 'SDK', about: "Thrown by the SDK's calls, as `error.code`.", entries: clientErrors },
  {
    title: 'Channel of all requests',
    about: 'The `cause` of an `answer_cut`, where requests share one channel (`mux`).',
    entries: muxErrors,
  },
  {
    title: 'Requests',
    about: 'Error answers of a deployment in the SDK: `error.code` of an `EngineError`.',
    entries: engineErrors,
  },
  {
    title: 'API',
    about: "Answers of control's API and the agent's front; the HTTP status is in [protocol.md](protocol.md).",
    entries: wireErrors,
  },
  {
    title: 'Control',
    about: "In control's log, and in the gate's message when control cannot start.",
    entries: controlErrors,
  },
  {
    title: 'Gateway',
    about: 'Of the commands of a gateway, `fairlead gateway serve` included.',
    entries: gatewayErrors,
  },
  { title: 'Agent', about: "In the agent's log (`fairlead logs <name> --source agent`).", entries: agentErrors },
];

export function renderErrorsPage(): string {
  return `# Errors

Every failure is a code, a message that says what was tried and what was found, and a hint that says what to do. With \`--json\`
the last line is \`{"event":"error","ok":false,"error":{"code","message","hint"}}\`; \`--verbose\` adds the chain of causes.

| exit code | meaning |
|---|---|
| 0 | done |
| 1 | failed |
| 2 | wrong usage or configuration |
| 3 | unknown name |
| 4 | a host cannot be reached |
| 130 | interrupted (Ctrl-C) |

\`fairlead exec\` ends with the exit code of its command.

${chapters.map(renderChapter).join('\n')}`;
}

function renderChapter({ title, about, entries }: Chapter): string {
  const rows = Object.entries(entries).map(([code, { cause, cure }]) => `| \`${code}\` | ${cause} | ${cure} |`);
  return `## ${title}\n\n${about}\n\n| code | cause | cure |\n|---|---|---|\n${rows.join('\n')}\n`;
}
