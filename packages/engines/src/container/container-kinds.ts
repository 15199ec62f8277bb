// The containers that an engine can run in.

import { apptainer, singularity } from './apptainer.ts';
import { charliecloud } from './charliecloud.ts';
import type { ContainerKind } from './container-kind.ts';
import type { ContainerSettings } from './container-settings.ts';
import { pyxis } from './pyxis.ts';

export const containerKinds: Readonly<Record<ContainerSettings['kind'], ContainerKind>> = {
  apptainer,
  singularity,
  charliecloud,
  pyxis,
};
