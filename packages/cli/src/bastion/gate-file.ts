// The gate's text: in a checkout from infra/bastion, in a package from beside the bundles.

import { readFile } from 'node:fs/promises';

export function readGate(): Promise<Buffer> {
  const path = import.meta.url.endsWith('.ts') ? '../../../../infra/bastion/gate' : './bundles/gate';
  return readFile(new URL(path, import.meta.url));
}
