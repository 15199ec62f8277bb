// The settings of the container in which an engine runs: `engines.<name>.container`, and the same in a spec.

import { z } from 'zod';

export const containerNames = ['apptainer', 'singularity', 'charliecloud', 'pyxis'] as const;

export const containerSettings = z.strictObject({
  kind: z.enum(containerNames).meta({
    description: 'What runs the container. `pyxis` is the plugin of `srun` for Enroot.',
    examples: ['apptainer'],
  }),
  image: z
    .string()
    .min(1)
    .meta({
      description:
        'The image, in the form that `kind` takes: a file (`.sif`, `.sqsh`), a directory (Charliecloud), or a reference such as docker://vllm/vllm-openai:latest.',
      examples: ['/project/alice/vllm.sif'],
    }),
  binds: z
    .array(
      z
        .string()
        .regex(
          /^[/~$][^:,\n]*(:\/[^:,\n]*)?$/,
          'must be a path, or a path on the node and one in the image with a colon between',
        ),
    )
    .optional()
    .meta({
      description:
        "Further directories of the node that the engine sees, as `/path` or `/path:/path/in/the/image`. The agent's own directory, the caches and a model that is named by a path are bound without this.",
      examples: [['/project/alice/adapters']],
    }),
  gpu: z
    .enum(['nvidia', 'amd', 'none'])
    .optional()
    .meta({
      description: 'Whose driver the container gets. Default nvidia, or none for a job without GPUs.',
      examples: ['nvidia'],
    }),
  program: z
    .string()
    .min(1)
    .optional()
    .meta({
      description: 'Path of the program that runs the container, if it is not on the PATH of a job.',
      examples: ['/opt/apptainer/bin/apptainer'],
    }),
  args: z
    .array(z.string())
    .optional()
    .meta({ description: 'More arguments for that program, before the image.', examples: [['--no-home']] }),
});

export type ContainerSettings = z.infer<typeof containerSettings>;
