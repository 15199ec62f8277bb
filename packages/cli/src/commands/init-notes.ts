// The comments of the configuration that `fairlead init` writes: what each section is, and what else was found. Pure.

import type { ConfigNotes } from '@fairlead/config';
import { defaultEngine, findEngineKind } from '@fairlead/engines';
import { describePartition } from '../doctor/slurm/judge-request.ts';
import { siteNote } from '../site/answer-with-site.ts';
import type { ChosenSite } from '../site/choose-site.ts';
import { commandWith, type SiteFound } from './init-discover.ts';

export function notesFor(
  cluster: string,
  { found, site }: { found: SiteFound | undefined; site?: ChosenSite | undefined },
  hosts: readonly string[],
): ConfigNotes {
  const at = (key: string) => `clusters.${cluster}.${key}`;
  return {
    head,
    tail: tailFor(cluster, found),
    keys: {
      defaultCluster: 'The cluster of `fairlead deploy` where --on is absent.',
      bastion:
        'The SSH host that this machine and the compute nodes both reach. Nothing of Fairlead listens on TCP there.',
      'bastion.fromLaptop': lines(
        'How this machine reaches it. ~/.ssh/config fills in what is absent: port, user, identityFile, proxyJump.',
        "driver: ssh lets the system's own ssh log in: Kerberos, certificates, FIDO keys, codes.",
        hosts.length > 0 && `Hosts in ~/.ssh/config: ${hosts.join(', ')}`,
      ),
      'bastion.fromCluster': 'What compute nodes call it, where that is another name: host, port, user, hostKeys.',
      clusters: 'The sites that deployments run on, each by a name of your own.',
      [`clusters.${cluster}`]: lines(
        found?.version &&
          `Slurm ${found.version}${found.clusterName ? `, which calls itself ${found.clusterName}` : ''}.`,
        found?.node && `Node found there: ${found.node}`,
      ),
      [at('kind')]: 'local: jobs run on this machine, without Slurm.',
      [at('site')]: site ? siteNote(site) : '',
      [at('login')]: 'The host that takes sbatch.',
      [at('slurm')]: slurmNote(found),
      [at('slurm.time')]: 'The longest that this partition allows.',
      [at('gpu')]: lines(
        'How GPUs are asked for: type, and request (gres, gpus-per-node, none).',
        gpuTypes(found) && `Types found: ${gpuTypes(found)}`,
      ),
      [at('env')]: lines(
        'The environment of jobs. Models are kept below HF_HOME: they are large, and homes are small.',
        found?.scratch && `Scratch found: ${found.scratch}`,
      ),
      [at('engines')]: lines(
        'The programs that serve models, with their first arguments.',
        ...(found?.engines ?? []).map(
          ({ name, elsewhere }) =>
            elsewhere.length > 0 && `${findEngineKind(name).title} found: ${elsewhere.join(', ')}`,
        ),
      ),
    },
  };
}

const head =
  "Fairlead's configuration. `fairlead config` shows what is in force, `fairlead config schema` every setting,\n`fairlead doctor` whether it works. `fairlead init` adds what is missing and leaves the rest as it is.";

function slurmNote(found: SiteFound | undefined): string {
  const accounts = [...new Set((found?.associations ?? []).map(({ account }) => account))];
  const qos = [...new Set((found?.associations ?? []).flatMap((one) => one.qos))];
  return lines(
    'What jobs ask of Slurm: partition, account, qos, time, mem, cpusPerTask, constraint, reservation;',
    'omit, override and extra for what this site wants otherwise.',
    found && found.partitions.length > 0 && 'Partitions found:',
    ...(found?.partitions ?? []).map((partition) => `  ${describePartition(partition)}`),
    accounts.length > 0 && `Accounts found: ${accounts.join(', ')}`,
    qos.length > 0 && `QOS found: ${qos.join(', ')}`,
  );
}

function gpuTypes(found: SiteFound | undefined): string {
  const types = (found?.partitions ?? []).flatMap(({ gpus }) => gpus.map(({ type }) => type ?? 'untyped'));
  return [...new Set(types)].join(', ');
}

/** What was not decided, by example. */
function tailFor(cluster: string, found: SiteFound | undefined): string {
  const modules = (found?.engines ?? []).flatMap((engine) => engine.modules);
  const [engine = { name: defaultEngine, elsewhere: [], modules: [] }] = found?.engines ?? [];
  const program = engine.program ?? engine.elsewhere[0] ?? `/path/to/venv/bin/${engine.name}`;
  return [
    `More for a cluster, by example (below clusters.${cluster}):`,
    '  # Shell lines before a job begins, such as modules and environments.',
    `  prologue: ["module load ${modules[0] ?? engine.name}"]`,
    ...(modules.length > 0 ? [`  # Modules found: ${modules.join(', ')}`] : []),
    '  # The program that serves models, where it is not on the PATH.',
    `  engines: { ${engine.name}: { command: [${commandWith(program, engine)
      .map((word) => (word === program ? `"${word}"` : word))
      .join(', ')}] } }`,
    '  # A file there with a Hugging Face token (chmod 600), for models behind a licence.',
    '  tokenFile: ~/.hf-token',
    '  # Where files of jobs, programs and sockets lie.',
    `  paths: { state: ~/.local/share/fairlead, scratch: ${'/tmp'} }`,
    '',
    'Models of your own, by name:',
    '  presets: { mine: { model: org/model, gpus: 2, time: "08:00:00", args: ["--max-model-len", "16384"] } }',
  ].join('\n');
}

function lines(...parts: Array<string | false | undefined>): string {
  return parts.filter((part) => typeof part === 'string' && part !== '').join('\n');
}
