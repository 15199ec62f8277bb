// The instance spec: the 0600 file that the CLI writes for one job and its agent reads.

import { z } from 'zod';

import { secretLength } from './bounds.ts';
import { endToEndSpec } from './end-to-end.ts';
import { deploymentName, instanceId } from './ids.ts';
import { maxRoutes } from './profile.ts';
import { secretText } from './secret-text.ts';
import { specDefaults } from './spec-defaults.ts';

/** At most ten years. */
const seconds = z
  .number()
  .min(0)
  .max(10 * 365 * 24 * 60 * 60);

/** How an engine is run inside an image; the agent makes the command line of it. */
export const engineContainer = z.object({
  kind: z.enum(['apptainer', 'singularity', 'charliecloud', 'pyxis']),
  image: z.string().min(1),
  binds: z.array(z.string()).optional(),
  gpu: z.enum(['nvidia', 'amd', 'none']).optional(),
  program: z.string().optional(),
  args: z.array(z.string()).optional(),
});

/** The settings of the engine, from which the agent makes its command line. */
export const engineSpec = z.object({
  /** One of the engines that the agent knows. */
  name: z.string().min(1).max(32),
  /** Program and first arguments, in place of the engine's own. */
  command: z.array(z.string()).min(1).optional(),
  /** The container in which the engine runs. */
  container: engineContainer.optional(),
  args: z.array(z.string()).default([]),
  env: z.record(z.string(), z.string()).default({}),
  /** The engine's own settings; it decodes them itself. */
  options: z.record(z.string(), z.json()).default({}),
  /** Per node. */
  gpus: z.int().min(0).default(0),
  nodes: z.int().min(1).default(1),
  /** A file on the cluster whose one line becomes HF_TOKEN in the engine's environment. */
  tokenFile: z.string().optional(),
  /** How long from start to the first real completion. */
  readyLimitSeconds: seconds.default(specDefaults.readyLimitSeconds),
  /** How long the engine may take to end after it was told to. */
  stopLimitSeconds: seconds.default(specDefaults.stopLimitSeconds),
});
export type EngineSpec = z.infer<typeof engineSpec>;

const port = z.int().min(1).max(65535).default(22);

/** One route from the cluster to the bastion. */
export const bastionRoute = z.object({
  host: z.string().min(1),
  port,
  user: z.string().min(1),
  /** `ssh-ed25519 AAAA…`: the only keys the bastion may show. */
  hostKeys: z.array(z.string()).min(1),
  /** A host to log in to first, with the user's own key on the cluster. */
  jump: z
    .object({
      host: z.string().min(1),
      port,
      user: z.string().min(1),
      identityFile: z.string().min(1),
      /** Absent: those in `knownHostsFiles`. */
      hostKeys: z.array(z.string()).min(1).optional(),
      knownHostsFiles: z.array(z.string()).default([]),
    })
    .optional(),
});
export type BastionRoute = z.infer<typeof bastionRoute>;

export const healthSpec = z
  .object({
    probeIntervalSeconds: seconds.default(specDefaults.probeIntervalSeconds),
    probeLimitSeconds: seconds.default(specDefaults.probeLimitSeconds),
    /** Failed probes in a row until the engine counts as hung and is restarted. */
    probeFailures: z.int().min(1).default(specDefaults.probeFailures),
    /** How long the token counters may stay unchanged while requests run. */
    stallSeconds: seconds.default(specDefaults.stallSeconds),
    /** Engine starts within `crashWindowSeconds` after which the agent gives up. */
    crashLimit: z.int().min(1).default(specDefaults.crashLimit),
    crashWindowSeconds: seconds.default(specDefaults.crashWindowSeconds),
    restartBaseSeconds: seconds.default(specDefaults.restartBaseSeconds),
    restartMaxSeconds: seconds.default(specDefaults.restartMaxSeconds),
  })
  .prefault({});
export type HealthSpec = z.infer<typeof healthSpec>;

/** What the agent writes down of requests, and how much of it. */
export const loggingSpec = z.object({
  /** `facts`: who, what, how long, how many tokens. `contents`: prompts and answers too. */
  requests: z.enum(['facts', 'contents']),
  /** Of one file; there are at most two. */
  maxBytes: z.int().min(1).default(specDefaults.requestLogBytes),
  /** Of each prompt, and of each answer. */
  contentBytes: z.int().min(0).default(specDefaults.requestContentBytes),
});
export type LoggingSpec = z.infer<typeof loggingSpec>;

export const instanceSpec = z.object({
  /** The protocol version it was written for. */
  version: z.int(),
  instanceId,
  deployment: deploymentName,
  cluster: z.string(),
  /** As the user gave it; for humans. */
  model: z.string(),
  servedModel: z.string(),
  engine: engineSpec,
  health: healthSpec,
  /** Absent: nothing is written down of requests. */
  logging: loggingSpec.optional(),
  /** Absent: SSH alone encrypts what consumers send. */
  endToEnd: endToEndSpec.optional(),
  /** The endpoint's key, which the front checks. */
  apiKey: secretText(secretLength, 16),
  enrolmentToken: secretText(secretLength, 16),
  /** In the order in which they are preferred; all lead to the one bastion. */
  bastion: z.object({ routes: z.array(bastionRoute).min(1).max(maxRoutes) }),
  /** The bastion's own hostname; a connection that ends on another host is refused. */
  bastionIdentity: z.object({ host: z.string() }),
  /** Files on the cluster with the keys that log in to the bastion. */
  jobKeyDir: z.string(),
  /** PEM; the only certificate control may show. */
  controlCertificate: z.string(),
  /** Logs, audit, connection files: a directory that login and compute nodes share. */
  jobDir: z.string(),
  /** The user's own state on the cluster, which a later job may read. */
  stateDir: z.string().optional(),
  /** Node-local directory under which the agent makes its 0700 directory. TMPDIR or /tmp where absent. */
  scratchDir: z.string().optional(),
  /** Directory for models and compiled kernels, shared by the hosts of the cluster. The engine's own default where absent. */
  cacheDir: z.string().optional(),
  /** What the agent needs to ask Slurm about its own job. */
  slurm: z
    .object({
      /** On a site with several clusters: the one to which the job was submitted. */
      cluster: z.string().max(64).optional(),
      /** Minimum time between two questions to the site's queue. */
      pollSeconds: seconds.optional(),
    })
    .optional(),
  /** How long before the deadline the drain begins. */
  drainSeconds: seconds.default(specDefaults.drainSeconds),
});
export type InstanceSpec = z.infer<typeof instanceSpec>;
export type InstanceSpecInput = z.input<typeof instanceSpec>;
