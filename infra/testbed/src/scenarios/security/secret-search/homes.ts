// The places where each secret may be, each with its reason. A secret anywhere else is a leak.

import type { FileFound } from './files.ts';
import type { OutputFound } from './outputs.ts';
import type { ProcessFound } from './processes.ts';

export const kinds = [
  'owner token',
  "control's private key",
  "control's token secret",
  'enrolment token',
  'instance token',
  "endpoint's key",
  "engine's key",
  "job's private key",
  "researcher's private key",
  'Hugging Face token',
  'what was asked',
] as const;

export type Kind = (typeof kinds)[number];

interface Home<Found> {
  kind: Kind;
  because: string;
  holds: (found: Found) => boolean;
}

const cluster = '/home/alice/.local/share/fairlead';

/** Each is 0600 of alice, in a 0700 directory of hers. */
export const secretFiles: ReadonlyArray<Home<FileFound>> = [
  {
    kind: 'owner token',
    because: 'the laptop shows it to control',
    holds: at('laptop', /^\/home\/alice\/\.local\/state\/fairlead\/profile\.json$/),
  },
  {
    kind: "researcher's private key",
    because: 'she made it there',
    holds: at('laptop', /^\/home\/alice\/\.ssh\/id_ed25519$/),
  },
  {
    kind: "control's private key",
    because: 'control is a TLS server',
    holds: at('bastion', new RegExp(`^${cluster}/identity\\.pem$`)),
  },
  {
    kind: "job's private key",
    because: 'every job of the cluster logs in with it',
    holds: at('login', new RegExp(`^${cluster}/keys/[0-9a-f]{16}/job-[0-9a-f]{12}$`)),
  },
  ...(['enrolment token', "endpoint's key"] as const).map((kind) => ({
    kind,
    because: 'the CLI hands it to the agent',
    holds: at('login', new RegExp(`^${cluster}/jobs/[a-z0-9]{8}/spec\\.json$`)),
  })),
  {
    kind: 'Hugging Face token',
    because: 'the tokenFile of the configuration',
    holds: at('login', /^\/home\/alice\/\.huggingface\/token$/),
  },
];

export const environments: ReadonlyArray<Home<ProcessFound>> = [
  {
    kind: "engine's key",
    because: 'vLLM reads it from there: every user of the node could read it in its argv',
    holds: variable('node1', 'VLLM_API_KEY', /engine-sim\.mjs/),
  },
  {
    kind: 'Hugging Face token',
    because: 'the libraries of Hugging Face read it from there',
    holds: variable('node1', 'HF_TOKEN', /engine-sim\.mjs/),
  },
  ...['OPENAI_API_KEY', 'ANTHROPIC_AUTH_TOKEN'].map((name) => ({
    kind: "endpoint's key" as const,
    because: '`exec` gives it to the command that it runs',
    holds: variable('laptop', name, /^(sh|curl|sleep)( |$)/),
  })),
];

export const outputs: ReadonlyArray<Home<OutputFound>> = [
  {
    kind: "endpoint's key",
    because: 'a program that starts `connect --json` needs it',
    holds: ({ command }) => /^fairlead connect \S+ --json$/.test(command),
  },
  {
    kind: "endpoint's key",
    because: 'it was asked for',
    holds: ({ command }) => /^fairlead open \S+ --show-key$/.test(command),
  },
];

/** The findings outside of the allowed places. */
export function leaks<Found extends { kind: string }>(
  found: readonly Found[],
  homes: ReadonlyArray<Home<Found>>,
): Found[] {
  return found.filter((each) => !homes.some(({ kind, holds }) => kind === each.kind && holds(each)));
}

/** Allowed places where nothing was found: a search that finds nothing there proves nothing. */
export function unseen<Found extends { kind: string }>(
  found: readonly Found[],
  homes: ReadonlyArray<Home<Found>>,
): string[] {
  const empty = homes.filter(({ kind, holds }) => !found.some((each) => each.kind === kind && holds(each)));
  return empty.map(({ kind, because }) => `${kind}: ${because}`);
}

function at(host: string, path: RegExp) {
  return (found: FileFound) =>
    found.host === host && path.test(found.path) && found.file === '600 alice' && found.directory === '700 alice';
}

function variable(host: string, name: string, program: RegExp) {
  return (found: ProcessFound) => found.host === host && found.where === name && program.test(found.program);
}
