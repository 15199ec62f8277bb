// The schema of fairlead.yaml. Strict: an unknown key is an error. The defaults are in defaults.ts.

import { ncclSettings } from './nccl-settings.ts';
import { containerSettings, defaultEngine, type EngineKind, engineKinds } from '@fairlead/engines';
import { z } from 'zod';

import { defaults } from './defaults.ts';
import { clusterRoute, oneOrMore } from './bastion-routes.ts';
import { oneLine, pathsWithNul } from './one-line.ts';
import { sshRoute } from '@fairlead/protocol';
import { isBuiltInSite, isSitePath, siteNames } from './site-names.ts';
import { exclusiveNodes, gpuSettings, leafSwitches, slurmSettings, slurmTime } from './slurm-settings.ts';

const clusterName = z.string().regex(/^[A-Za-z][A-Za-z0-9_-]{0,62}$/, 'must be letters, digits, dashes or underscores');
const seconds = z.number().min(0);
const envVars = z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be a variable name'), oneLine);
const commonEngineSettings = z.strictObject({
  command: z.array(z.string()).min(1).optional(),
  container: containerSettings
    .optional()
    .describe('The container in which the engine runs. `command` is then a program in its image.'),
  readyLimitSeconds: seconds.optional().meta({
    description: `Limit from the engine's start to its first answer. Default ${defaults.readyLimitSeconds}.`,
    examples: [3600],
  }),
  stopLimitSeconds: seconds.optional().meta({
    description: `How long the engine may take to end. Default ${defaults.stopLimitSeconds}.`,
    examples: [30],
  }),
  args: z.array(z.string()).optional(),
  env: envVars.optional(),
});

/** Settings of every engine. The engine's own settings are further keys, which its own schema has checked. */
export type EngineConfig = z.infer<typeof commonEngineSettings>;

function engineSection({ title, program, examples, options }: EngineKind) {
  const start = {
    installed: 'Default: the program on the PATH.',
    bundled: 'Default: the program that comes with Fairlead.',
    configured: 'Required: there is no default.',
  }[program.kind];
  const { command, args, env } = commonEngineSettings.shape;
  const shape = {
    ...commonEngineSettings.shape,
    command: command.meta({ description: `Program and first arguments. ${start}`, examples: [examples.command] }),
    args: args.meta({ description: 'More arguments for every model.', examples: [examples.args] }),
    env: env.meta({ description: "Environment variables of the engine's process only.", examples: [examples.env] }),
  };
  return z.strictObject(shape).extend(options.shape).optional().describe(`How ${title} is started.`);
}

const engineNames = engineKinds.map(({ name }) => name);

const loggingSettings = z.strictObject({
  requests: z
    .union([z.boolean(), z.literal('with-contents')])
    .optional()
    .meta({
      description:
        "`true`: a line for each request in requests.jsonl of the job's directory, without prompts and answers; `with-contents`: with them. Default false.",
      examples: [true, 'with-contents'],
    }),
  maxMegabytes: z
    .int()
    .min(1)
    .max(100_000)
    .optional()
    .meta({
      description: `Size of one file; the one before is kept as requests.jsonl.1. Default ${defaults.requestLogBytes / 2 ** 20}.`,
      examples: [64],
    }),
  contentKilobytes: z
    .int()
    .min(1)
    .max(16_384)
    .optional()
    .meta({
      description: `How much of each prompt and of each answer is written, with \`with-contents\`. Default ${defaults.requestContentBytes / 2 ** 10}.`,
      examples: [64],
    }),
});
export type LoggingSettings = z.infer<typeof loggingSettings>;

export const healthSettings = z.strictObject({
  probeIntervalSeconds: seconds.optional().meta({
    description: `Interval at which the agent asks an idle engine for one token. Default ${defaults.probeIntervalSeconds}.`,
    examples: [15],
  }),
  probeLimitSeconds: seconds.optional().meta({
    description: `How long the engine may take for that token. Default ${defaults.probeLimitSeconds}.`,
    examples: [15],
  }),
  probeFailures: z
    .int()
    .min(1)
    .optional()
    .meta({
      description: `Number of consecutive failures after which the engine counts as hung. Default ${defaults.probeFailures}.`,
      examples: [2],
    }),
  stallSeconds: seconds.optional().meta({
    description: `How long an engine with running requests may show no progress (no token, no part of a prompt read) before the agent asks it for one token; if that fails too, it counts as hung. Default ${defaults.stallSeconds}.`,
    examples: [30],
  }),
  crashLimit: z
    .int()
    .min(1)
    .optional()
    .meta({
      description: `Number of starts within crashWindowSeconds after which the agent gives up. Default ${defaults.crashLimit}.`,
      examples: [4],
    }),
  crashWindowSeconds: seconds
    .optional()
    .meta({ description: `Default ${defaults.crashWindowSeconds}.`, examples: [1800] }),
  restartBaseSeconds: seconds.optional().meta({
    description: `Upper limit of the first wait before the engine is started again. Default ${defaults.restartBaseSeconds}.`,
    examples: [2],
  }),
  restartMaxSeconds: seconds
    .optional()
    .meta({ description: `Upper limit of every such wait. Default ${defaults.restartMaxSeconds}.`, examples: [60] }),
});

const clusterPaths = z.strictObject({
  environments: oneLine.optional().meta({
    description:
      'Directory in which `fairlead setup` builds environments, shared by login and compute nodes: 10 to 20 GB each. Default: `fairlead/environments` on the scratch or project file system that it finds.',
    examples: ['/project/alice/environments'],
  }),
  state: oneLine.optional().meta({
    description: `Directory for job files, shared by login and compute nodes. Default ${defaults.stateDir}.`,
    examples: ['/project/alice/fairlead'],
  }),
  scratch: oneLine.optional().meta({
    description:
      'Node-local directory for sockets, temporary files and, without `cache`, compiled kernels. Default TMPDIR or /tmp.',
    examples: ['/local/scratch'],
  }),
  cache: oneLine.optional().meta({
    description:
      'Large directory for models (HF_HOME) and compiled kernels, shared by login and compute nodes. Default: where the engine puts them, mostly below your home.',
    examples: ['/scratch/alice/fairlead-cache'],
  }),
  runtime: oneLine.optional().meta({
    description:
      'Directory for the agent and Node, on a file system that allows programs to run. Default: a directory below state.',
    examples: ['/project/alice/fairlead/bin'],
  }),
});

export const clusterConfig = z.strictObject({
  kind: z
    .enum(['slurm', 'local'])
    .optional()
    .meta({ description: '`local`: jobs run on this machine, without Slurm. Default slurm.', examples: ['slurm'] }),
  site: z
    .string()
    .refine((text) => isBuiltInSite(text) || isSitePath(text), {
      message: `must be one of ${siteNames.join(', ')}, or an absolute path of a site profile (~/ is this machine's home)`,
    })
    .optional()
    .meta({
      description:
        'The profile of the site, by its name or path: partitions with their GPUs and limits, and the price of a GPU hour. `deploy` plans with it. Default: what `sinfo` says.',
      examples: ['curc-alpine'],
    }),
  cost: z
    .strictObject({
      perGpuHour: z
        .number()
        .positive()
        .meta({ description: 'The price of an hour of one GPU.', examples: [108.6] }),
      unit: z
        .string()
        .min(1)
        .max(20)
        .meta({ description: 'Its unit.', examples: ['SU'] }),
    })
    .optional()
    .describe('What the site charges. Default: as its profile says, if it does.'),
  login: sshRoute
    .optional()
    .meta({ description: 'The SSH host on which `sbatch` runs.', examples: [{ host: 'login.example.org' }] }),
  transfer: sshRoute.optional().meta({
    description:
      'The SSH host on which `fairlead prefetch` and `fairlead setup` download, if the login host has no internet or the site has a host for transfers. It must see the same file system. Default: the login host.',
    examples: [{ host: 'dtn.example.org' }],
  }),
  offline: z
    .boolean()
    .optional()
    .meta({
      description:
        'Compute nodes have no way to Hugging Face: `deploy` checks before queueing that the weights are complete in the cache, and the engine runs with HF_HUB_OFFLINE=1.',
      examples: [true],
    }),
  slurm: slurmSettings.optional().describe('What the job script requests from Slurm.'),
  gpu: gpuSettings.optional().describe('How the job requests GPUs.'),
  paths: clusterPaths.optional().describe('Directories on the cluster.'),
  node: oneLine.optional().meta({
    description: 'Path of a Node >= 22.18 on the cluster, if there is one.',
    examples: ['/opt/node/bin/node'],
  }),
  prologue: z
    .array(oneLine)
    .optional()
    .meta({
      description: 'Shell lines before the agent starts.',
      examples: [['module load python/3.11', 'source /project/alice/vllm/bin/activate']],
    }),
  env: envVars.optional().meta({
    description: "Environment variables of the job's processes.",
    examples: [{ HF_HOME: '/scratch/alice/hf' }],
  }),
  nccl: ncclSettings.optional().describe('The network between the GPUs of a job, of several nodes above all.'),
  health: healthSettings.optional().describe('When an engine counts as hung, and how the agent starts it again.'),
  logging: loggingSettings.optional().describe('What the agent writes down of requests on the node. Default: nothing.'),
  endToEnd: z
    .boolean()
    .optional()
    .meta({
      description:
        'Encrypts requests and answers between the consumer and the node once more, within SSH: the bastion passes bytes that it cannot read. Default false.',
      examples: [true],
    }),
  plain: z
    .boolean()
    .optional()
    .meta({
      description:
        '`false`, with `endToEnd`: refuses requests that are encrypted by SSH alone, such as those through your own `ssh -L`. Default true.',
      examples: [false],
    }),
  tokenFile: oneLine.optional().meta({
    description: 'A 0600 file on the cluster with a Hugging Face token, for gated models.',
    examples: ['~/.hf-token'],
  }),
  engines: z
    .strictObject(
      Object.fromEntries(engineKinds.map((kind) => [kind.name, engineSection(kind)])) as Record<
        string,
        z.ZodType<EngineConfig | undefined>
      >,
    )
    .optional()
    .describe('How engines are started.'),
});
export type ClusterConfig = z.infer<typeof clusterConfig>;

export const bastionConfig = z.strictObject({
  fromLaptop: oneOrMore(sshRoute).describe(
    'The bastion as this machine reaches it: one route, or a list of routes to the same host. Fairlead asks all at once and takes the first in this order that answers and is proven to be the bastion; when that route is lost, it takes the next one.',
  ),
  fromCluster: oneOrMore(clusterRoute)
    .optional()
    .describe(
      'The bastion as seen from a compute node: one route or a list, as above. Default: as from the laptop, without jump hosts.',
    ),
  stateDir: oneLine.optional().meta({
    description: `Directory on the bastion. Default ${defaults.stateDir}.`,
    examples: ['~/.local/share/fairlead'],
  }),
  runDir: oneLine.optional().meta({
    description: 'Directory for sockets on the bastion, on local disk. Default: chosen by the gate.',
    examples: ['/tmp/fairlead-alice'],
  }),
  node: oneLine
    .optional()
    .meta({ description: 'Path of a Node >= 22.18 on the bastion, if there is one.', examples: ['/usr/bin/node'] }),
  authorizedKeysFile: oneLine.optional().meta({
    description: 'The path of authorized_keys, if it is not ~/.ssh/authorized_keys.',
    examples: ['~/.ssh/authorized_keys'],
  }),
});
export type BastionConfig = z.infer<typeof bastionConfig>;

export const presetConfig = z.strictObject({
  model: z
    .string()
    .min(1)
    .meta({
      description: 'A Hugging Face id, or an absolute path on the cluster.',
      examples: ['Qwen/Qwen3-8B'],
    }),
  engine: z
    .enum(engineNames)
    .optional()
    .meta({ description: `Default ${defaultEngine}.`, examples: [defaultEngine] }),
  servedModel: z
    .string()
    .optional()
    .meta({ description: 'The name of the model in requests. Default: the model.', examples: ['qwen3-8b'] }),
  gpus: z
    .int()
    .min(0)
    .optional()
    .meta({ description: 'GPUs on the node. Default 1.', examples: [1] }),
  nodes: z
    .int()
    .min(1)
    .optional()
    .meta({ description: 'Nodes. Default 1.', examples: [1] }),
  time: slurmTime.optional().meta({ description: 'Time limit of the job.', examples: ['08:00:00'] }),
  mem: oneLine.optional().meta({ description: 'Memory of the node.', examples: ['64G'] }),
  cpusPerTask: z
    .int()
    .min(1)
    .optional()
    .meta({ description: 'CPUs of the node.', examples: [8] }),
  exclusive: exclusiveNodes
    .optional()
    .meta({ description: 'As `slurm.exclusive` of the cluster, which it replaces.', examples: [true] }),
  switches: leafSwitches.optional().describe('As `slurm.switches` of the cluster, which it replaces.'),
  args: z
    .array(z.string())
    .optional()
    .meta({ description: "The engine's arguments for this model.", examples: [['--enable-prefix-caching']] }),
  options: z
    .record(z.string(), z.json())
    .optional()
    .meta({
      description:
        "The engine's own settings for this model, as in `engines.<name>` of a cluster; those of the cluster are stronger.",
      examples: [{ maxModelLen: 16_384 }],
    }),
  env: envVars.optional().meta({
    description: "Environment variables of the engine's process.",
    examples: [{ VLLM_USE_FLASHINFER_SAMPLER: '0' }],
  }),
  plan: z
    .boolean()
    .optional()
    .meta({
      description:
        'Whether `deploy` plans the settings that are absent here and refuses a model that does not fit. Default true.',
      examples: [true],
    }),
  description: z
    .string()
    .optional()
    .meta({ description: 'For people.', examples: ['the small one for tests'] }),
});
export type PresetConfig = z.infer<typeof presetConfig>;

export const fairleadConfig = z
  .strictObject({
    defaultCluster: clusterName
      .optional()
      .meta({ description: 'The cluster of commands without --on.', examples: ['mycluster'] }),
    bastion: bastionConfig.optional().describe('The SSH host that both this machine and the cluster can reach.'),
    clusters: z.record(clusterName, clusterConfig).optional().describe('Slurm sites, by short names that you choose.'),
    presets: z
      .record(z.string(), presetConfig)
      .optional()
      .describe('Names for models with their settings; they override the built-in presets.'),
  })
  .superRefine((config, context) => {
    for (const path of pathsWithNul(config))
      context.addIssue({ code: 'custom', path, message: 'must not contain a NUL byte' });
  });
export type FairleadConfig = z.infer<typeof fairleadConfig>;
