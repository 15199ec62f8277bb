// Finds contradictions between the settings of a container and the rest of an engine's settings. Pure.

import { namesSecret } from '@fairlead/kit';
import type { EngineCheck, EngineSettings } from '../port/engine-kind.ts';

const runtimes = ['apptainer', 'singularity', 'ch-run', 'srun', 'enroot', 'docker', 'podman'];

export function checkContainer({ container, command }: EngineSettings): EngineCheck['problems'] {
  if (!container) return [];
  const program = command?.[0]?.split('/').at(-1) ?? '';
  const problems = [];
  if (runtimes.includes(program)) {
    const message = `starts ${program} itself, and with \`container\` it would run inside the image: name the program in the image, or leave \`container\` out`;
    problems.push({ path: 'command', message });
  }
  const secret = (container.args ?? []).flatMap((word) => /(\w+)=/.exec(word)?.[1] ?? []).find(namesSecret);
  if (secret !== undefined) {
    const message = `every user of the node can read arguments, and ${secret} looks like a secret: use tokenFile, or a file that the engine reads`;
    problems.push({ path: 'container.args', message });
  }
  const isRelative = container.kind !== 'pyxis' && /^\.{1,2}\//.test(container.image);
  if (isRelative)
    problems.push({
      path: 'container.image',
      message: 'must be an absolute path: jobs run in a directory of their own',
    });
  return problems;
}
