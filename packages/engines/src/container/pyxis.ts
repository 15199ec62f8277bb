// Pyxis, the plugin of srun for Enroot: the engine is a step of its own in the job, and gets the environment of srun.
// --container-env names the variables that win over those of the image (srun --help, pyxis).

import { defined } from '@fairlead/kit';
import type { ContainerKind } from './container-kind.ts';

export const pyxis: ContainerKind = {
  title: 'Pyxis',
  program: 'srun',
  contain({ settings, argv, env, jobEnv, binds, directory }) {
    // The job's script was submitted with --export=NONE, which srun would inherit; and srun no longer reads SLURM_CPUS_PER_TASK (srun(1)).
    const { SLURM_EXPORT_ENV: _, ...job } = jobEnv;
    const cpus = job['SLURM_CPUS_PER_TASK'];
    return {
      argv: [
        settings.program ?? 'srun',
        '--ntasks=1',
        '--nodes=1',
        '--overlap',
        '--export=ALL',
        '--mpi=none',
        '--input=none',
        '--unbuffered',
        '--kill-on-bad-exit=1',
        `--container-image=${settings.image}`,
        `--container-mounts=${binds.map(({ source, target }) => `${source}:${target}`).join(',')}`,
        `--container-workdir=${directory}`,
        `--container-env=${Object.keys(env).toSorted().join(',')}`,
        ...(settings.args ?? []),
        ...argv,
      ],
      env: { ...job, ...defined({ SRUN_CPUS_PER_TASK: cpus }), ...env },
    };
  },
};
