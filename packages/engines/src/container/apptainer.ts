// Apptainer, and Singularity, whose command line is the same. The host's environment stays outside (--cleanenv);
// variables with a prefix come in (apptainer(1), ENVIRONMENT).

import { formatBind, type ContainerKind } from './container-kind.ts';

const gpuFlags = { nvidia: ['--nv'], amd: ['--rocm'], none: [] } as const;

function createKind(title: string, program: string, prefix: string): ContainerKind {
  return {
    title,
    program,
    contain: ({ settings, gpu, argv, env, jobEnv, binds, directory }) => ({
      argv: [
        settings.program ?? program,
        'exec',
        ...gpuFlags[gpu],
        '--cleanenv',
        ...binds.flatMap((bind) => ['--bind', formatBind(bind)]),
        '--pwd',
        directory,
        ...(settings.args ?? []),
        settings.image,
        ...argv,
      ],
      env: {
        ...jobEnv,
        // The home is bound: packages in ~/.local would be taken before those of the image.
        [`${prefix}PYTHONNOUSERSITE`]: '1',
        ...Object.fromEntries(Object.entries(env).map(([name, value]) => [`${prefix}${name}`, value])),
      },
    }),
  };
}

export const apptainer = createKind('Apptainer', 'apptainer', 'APPTAINERENV_');
export const singularity = createKind('Singularity', 'singularity', 'SINGULARITYENV_');
