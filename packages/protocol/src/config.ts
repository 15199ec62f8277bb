// fairlead.yaml: what a user configures. Strict: an unknown key is an error. Defaults are stated here and nowhere else.

import { z } from 'zod';

import { sshRoute } from './profile.ts';

const clusterName = z.string().regex(/^[A-Za-z][A-Za-z0-9_-]{0,62}$/, 'must be letters, digits, dashes or underscores');
const seconds = z.number().min(0);
const envVars = z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be a variable name'), z.string());
/** Slurm's own forms: minutes, MM:SS, HH:MM:SS, D-HH, D-HH:MM, D-HH:MM:SS. */
const slurmTime = z
  .string()
  .regex(
    /^(\d+|\d+:\d{1,2}(:\d{1,2})?|\d+-\d{1,2}(:\d{1,2}){0,2})$/,
    'must be a Slurm time such as 90, 04:00:00 or 1-12',
  );

export const slurmSettings = z.strictObject({
  partition: z.string().optional(),
  account: z.string().optional(),
  qos: z.string().optional(),
  constraint: z.string().optional(),
  reservation: z.string().optional(),
  time: slurmTime.optional().describe('Time limit of a job where --time is absent.'),
  cpusPerTask: z.int().min(1).optional(),
  mem: z.string().optional().describe("Memory of the node's task in Slurm's form, such as 64G."),
  omit: z.array(z.string()).optional().describe('sbatch directives this site does not take, such as "gres".'),
  override: z.record(z.string(), z.string()).optional().describe('sbatch directives with the value this site wants.'),
  extra: z.array(z.string()).optional().describe('Raw lines, such as "#SBATCH --comment=llm".'),
});

export const gpuSettings = z.strictObject({
  type: z.string().optional().describe('Slurm GPU type, such as a100.'),
  request: z
    .enum(['gres', 'gpus-per-node', 'none'])
    .optional()
    .describe('How this site wants GPUs asked for. Default gres.'),
});

export const engineSettings = z.strictObject({
  command: z.array(z.string()).min(1).optional().describe('Program and first arguments, such as ["vllm", "serve"].'),
  readyLimitSeconds: seconds.optional().describe('From its start to its first answer. Default 3600.'),
  stopLimitSeconds: seconds.optional().describe('How long it may take to end. Default 30.'),
  args: z.array(z.string()).optional().describe('More arguments for every model.'),
  env: envVars.optional(),
});

export const healthSettings = z.strictObject({
  probeIntervalSeconds: seconds.optional().describe('How often an idle engine is asked for one token. Default 30.'),
  probeLimitSeconds: seconds.optional().describe('How long that may take. Default 30.'),
  probeFailures: z.int().min(1).optional().describe('Failures in a row until the engine counts as hung. Default 2.'),
  stallSeconds: seconds.optional().describe('How long tokens may stand still with requests running. Default 90.'),
  crashLimit: z
    .int()
    .min(1)
    .optional()
    .describe('Starts within crashWindowSeconds after which it gives up. Default 4.'),
  crashWindowSeconds: seconds.optional().describe('Default 1800.'),
  restartBaseSeconds: seconds
    .optional()
    .describe('Bound of the first wait before the engine is started again. Default 2.'),
  restartMaxSeconds: seconds.optional().describe('Bound of every such wait. Default 60.'),
});

export const clusterConfig = z.strictObject({
  kind: z.enum(['slurm', 'local']).optional().describe('local: jobs run on this machine, without Slurm.'),
  login: sshRoute.optional(),
  slurm: slurmSettings.optional(),
  gpu: gpuSettings.optional(),
  paths: z
    .strictObject({
      state: z
        .string()
        .optional()
        .describe('Directory for job files, shared by login and compute nodes. Default ~/.local/share/fairlead.'),
      scratch: z.string().optional().describe('Node-local directory for sockets and caches. Default TMPDIR or /tmp.'),
      runtime: z.string().optional().describe('Directory for agent and Node. Default below state.'),
    })
    .optional(),
  node: z.string().optional().describe('A Node >= 22.18 on the cluster, where there is one.'),
  prologue: z.array(z.string()).optional().describe('Shell lines before the agent starts: module load, source venv.'),
  env: envVars.optional(),
  health: healthSettings.optional().describe('When an engine counts as hung, and how it is started again.'),
  tokenFile: z.string().optional().describe('File on the cluster with a Hugging Face token.'),
  engines: z.strictObject({ vllm: engineSettings.optional(), sim: engineSettings.optional() }).optional(),
});
export type ClusterConfig = z.infer<typeof clusterConfig>;

export const bastionConfig = z.strictObject({
  fromLaptop: sshRoute,
  fromCluster: z
    .strictObject({
      host: z.string().min(1).optional(),
      port: z.int().min(1).max(65535).optional(),
      user: z.string().min(1).optional(),
      hostKeys: z
        .array(z.string())
        .min(1)
        .optional()
        .describe('Where the bastion shows other host keys inside than outside.'),
    })
    .optional()
    .describe('The bastion as seen from a compute node. Default: as from the laptop.'),
  stateDir: z.string().optional().describe('Directory on the bastion. Default ~/.local/share/fairlead.'),
  runDir: z
    .string()
    .optional()
    .describe('Directory for sockets on the bastion, on local disk. Default: chosen by the gate.'),
  node: z.string().optional().describe('A Node >= 22.18 on the bastion, where there is one.'),
  authorizedKeysFile: z.string().optional().describe('Where it is not ~/.ssh/authorized_keys.'),
});
export type BastionConfig = z.infer<typeof bastionConfig>;

export const presetConfig = z.strictObject({
  model: z.string().min(1),
  engine: z.enum(['vllm', 'sim']).optional(),
  servedModel: z.string().optional(),
  gpus: z.int().min(0).optional(),
  nodes: z.int().min(1).optional(),
  time: slurmTime.optional(),
  mem: z.string().optional(),
  cpusPerTask: z.int().min(1).optional(),
  args: z.array(z.string()).optional(),
  env: envVars.optional(),
  description: z.string().optional(),
});
export type PresetConfig = z.infer<typeof presetConfig>;

export const fairleadConfig = z.strictObject({
  defaultCluster: clusterName.optional(),
  bastion: bastionConfig.optional(),
  clusters: z.record(clusterName, clusterConfig).optional(),
  presets: z.record(z.string(), presetConfig).optional(),
});
export type FairleadConfig = z.infer<typeof fairleadConfig>;
