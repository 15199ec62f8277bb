// Whether the image of an engine's container is there: asked on the login host before anything is queued.

import { CodedError } from '@fairlead/kit';
import type { ContainerSettings } from '@fairlead/engines';
import type { Host } from '../host/host.ts';
import type { LaunchErrorCode } from '../launch-error.ts';

const script = `if [ -r "$1" ]; then echo ready; elif [ -e "$1" ]; then echo unreadable; elif [ -d "$(dirname "$1")" ]; then echo missing; else echo unseen; fi`;
const askTimeoutMs = 30_000;

/**
 * Throws `image_missing` for a file that the login host would see and does not. A reference to a registry, and a path in a
 * directory that only compute nodes have, are left to the node.
 */
export async function checkImage(
  { kind, image }: ContainerSettings,
  engine: string,
  host: Pick<Host, 'runner' | 'label'>,
  signal: AbortSignal,
): Promise<void> {
  if (!image.startsWith('/')) return;
  const { stdout } = await host.runner.run(['sh', '-c', script, 'sh', image], { timeoutMs: askTimeoutMs, signal });
  const found = stdout.trim();
  if (found !== 'missing' && found !== 'unreadable') return;
  const why = found === 'missing' ? 'it is not there' : 'your account may not read it';
  throw new CodedError<LaunchErrorCode>(
    'image_missing',
    `cannot deploy because of the image ${image} of engines.${engine}.container: ${why} on ${host.label}`,
    {
      hint:
        found === 'missing'
          ? `Correct the path, or make it there: ${makeLine[kind](image)}`
          : `Run there: ls -l ${image}`,
    },
  );
}

const makeLine: Record<ContainerSettings['kind'], (image: string) => string> = {
  apptainer: (image) => `apptainer pull ${image} docker://vllm/vllm-openai:latest`,
  singularity: (image) => `singularity pull ${image} docker://vllm/vllm-openai:latest`,
  charliecloud: (image) => `ch-image pull vllm/vllm-openai:latest && ch-convert vllm/vllm-openai:latest ${image}`,
  pyxis: (image) => `enroot import -o ${image} docker://vllm/vllm-openai:latest`,
};
