// What a cluster's section of fairlead.yaml says of its Slurm, and how a job requests GPUs there.

import { z } from 'zod';

import { defaults } from './defaults.ts';
import { oneLine } from './one-line.ts';

/** Slurm's own forms: minutes, MM:SS, HH:MM:SS, D-HH, D-HH:MM, D-HH:MM:SS. */
export const slurmTime = z
  .string()
  .regex(
    /^(\d+|\d+:\d{1,2}(:\d{1,2})?|\d+-\d{1,2}(:\d{1,2}){0,2})$/,
    'must be a Slurm time such as 90, 04:00:00 or 1-12',
  );

export const exclusiveNodes = z.union([z.boolean(), z.enum(['user', 'mcs'])]);

/** Of sbatch(1), --switches: how many leaf switches the nodes may have between them, and how long that is waited for. */
export const leafSwitches = z.strictObject({
  count: z
    .int()
    .min(1)
    .max(10_000)
    .meta({ description: 'The most leaf switches that the nodes of the job are connected to.', examples: [1] }),
  maxWait: slurmTime.optional().meta({
    description:
      'How long the job waits for such nodes; then it takes others. Default, and upper limit: the `max_switch_wait` of the site, mostly 5 minutes.',
    examples: ['00:05:00'],
  }),
});

export const slurmSettings = z.strictObject({
  partition: oneLine.optional().meta({ description: '`--partition`.', examples: ['gpu'] }),
  account: oneLine.optional().meta({ description: '`--account`.', examples: ['my-project'] }),
  qos: oneLine.optional().meta({ description: '`--qos`.', examples: ['normal'] }),
  constraint: oneLine.optional().meta({ description: '`--constraint`.', examples: ['a100&nvlink'] }),
  reservation: oneLine.optional().meta({ description: '`--reservation`.', examples: ['workshop'] }),
  time: slurmTime.optional().meta({
    description: `Time limit of a job without --time. Default ${defaults.time}.`,
    examples: ['04:00:00'],
  }),
  cpusPerTask: z
    .int()
    .min(1)
    .optional()
    .meta({ description: '`--cpus-per-task`.', examples: [8] }),
  mem: oneLine
    .optional()
    .meta({ description: "Memory of the job on its node, in Slurm's form (`--mem`).", examples: ['64G'] }),
  exclusive: exclusiveNodes.optional().meta({
    description:
      '`--exclusive`: no other job runs on the nodes; `user`: jobs of other users do not. Whole nodes are charged at most sites, and memory is still what `mem` says (`0`: all). Default: as the site profile says of the partition, else false.',
    examples: [true, 'user'],
  }),
  switches: leafSwitches
    .optional()
    .describe(
      '`--switches`, for jobs over several nodes on a cluster with topology/tree: nodes that are near each other.',
    ),
  binDir: oneLine.optional().meta({
    description: "Directory of Slurm's commands on the login host, if they are not on the PATH.",
    examples: ['/opt/slurm/bin'],
  }),
  cluster: z
    .string()
    .regex(
      /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/,
      'must be the name of one cluster, as sacctmgr and CLUSTER: lines show it',
    )
    .optional()
    .meta({
      description:
        '`--clusters`, if the login host serves several Slurm clusters. Passed to every Slurm command; a submitted job stays on its cluster.',
      examples: ['nautilus'],
    }),
  pollSeconds: z
    .number()
    .min(15)
    .max(3600)
    .optional()
    .meta({
      description: `The shortest interval at which this site allows queries of its queue. All commands then share one answer of \`squeue\`, kept on the login host for this time. Default: each command queries the queue itself, every ${defaults.pollSeconds} s.`,
      examples: [120],
    }),
  leaveOutFailedNodes: z
    .boolean()
    .optional()
    .meta({
      description:
        'Whether a deployment leaves out the nodes that failed when it last ran under this name (`--exclude`). Default true. An `exclude` of your own in `override` or `extra` is taken instead.',
      examples: [false],
    }),
  omit: z
    .array(oneLine)
    .optional()
    .meta({ description: 'sbatch directives that this site does not accept.', examples: [['signal']] }),
  override: z
    .record(z.string(), oneLine)
    .optional()
    .meta({ description: 'sbatch directives with the values that this site requires.', examples: [{ gres: 'gpu:1' }] }),
  extra: z
    .array(oneLine)
    .optional()
    .meta({ description: 'Further lines of the job script, unchanged.', examples: [['#SBATCH --comment=llm']] }),
});

export const gpuSettings = z.strictObject({
  type: oneLine.optional().meta({ description: 'Slurm GPU type.', examples: ['a100'] }),
  request: z
    .enum(['gres', 'gpus-per-node', 'none'])
    .optional()
    .meta({ description: 'The sbatch option with which this site requests GPUs. Default gres.', examples: ['gres'] }),
});
