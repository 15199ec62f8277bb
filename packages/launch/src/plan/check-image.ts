// Whether the image of an engine's container is there: asked on the login host before anything is queued.

import { CodedError } from '@fairlead/kit';
import type { ContainerSettings } from '@fairlead/engines';
import type { Host } from '../host/host.ts';
import type { LaunchErrorCode } from '../launch-error.ts';

const script = `if [ -r "$1" ]; then echo ready; elif [ -e "$1" ]; then echo unreadable; elif [ -d "$(dirname "$1")" ]; then echo missing; else echo elsewhere; fi`;
const askTimeoutMs = 30_000;

/** `elsewhere`: a reference to a registry, or a path in a directory that only compute nodes have. */
export type ImageFound = 'ready' | 'missing' | 'unreadable' | 'elsewhere';

export async function findImage(image: string, host: Pick<Host, 'runner'>, signal: AbortSignal): Promise<ImageFound> {
  if (!image.startsWith('/')) return 'elsewhere';
  const { stdout } = await host.runner.run(['sh', '-c', script, 'sh', image], { timeoutMs: askTimeoutMs, signal });
  return (['ready', 'missing', 'unreadable'] as const).find((one) => one === stdout.trim()) ?? 'elsewhere';
}

/** The next step for an image that is not there or cannot be read. */
export function imageCure({ kind, image }: ContainerSettings, found: 'missing' | 'unreadable'): string {
  return found === 'missing'
    ? `Correct the path, or make it there: ${makeLine[kind](image)}`
    : `Run there: ls -l ${image}`;
}

/** Throws `image_missing` for a file that the login host would see and does not. */
export async function checkImage(
  container: ContainerSettings,
  engine: string,
  host: Pick<Host, 'runner' | 'label'>,
  signal: AbortSignal,
): Promise<void> {
  const found = await findImage(container.image, host, signal);
  if (found !== 'missing' && found !== 'unreadable') return;
  const why = found === 'missing' ? 'it is not there' : 'your account may not read it';
  throw new CodedError<LaunchErrorCode>(
    'image_missing',
    `cannot deploy because of the image ${container.image} of engines.${engine}.container: ${why} on ${host.label}`,
    { hint: imageCure(container, found) },
  );
}

const makeLine: Record<ContainerSettings['kind'], (image: string) => string> = {
  apptainer: (image) => `apptainer pull ${image} docker://vllm/vllm-openai:latest`,
  singularity: (image) => `singularity pull ${image} docker://vllm/vllm-openai:latest`,
  charliecloud: (image) => `ch-image pull vllm/vllm-openai:latest && ch-convert vllm/vllm-openai:latest ${image}`,
  pyxis: (image) => `enroot import -o ${image} docker://vllm/vllm-openai:latest`,
};
