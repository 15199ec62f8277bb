// Folders that a look at a host makes on its way, taken away again where they were not there before and nothing is in them.

import type { Host } from '@fairlead/launch';
import { askHost } from '../ask-host.ts';

/** The nearest folder that exists. */
const nearestScript = `
at=$1
while [ -n "$at" ] && ! [ -d "$at" ]; do at=\${at%/*}; done
echo "at=$at"
`;

/** Arguments: what existed, then folders from the deepest. rmdir takes nothing that holds a file. */
const removeScript = `
stay=$1; shift
for folder in "$@"; do
  while [ "$folder" != "$stay" ] && [ "\${folder#"$stay"/}" != "$folder" ]; do
    rmdir "$folder" 2>/dev/null || break
    folder=\${folder%/*}
  done
done
:
`;

/** To be called before anything is put below `folder`; the answer is called when all of that is gone. */
export async function noteFolders(
  host: Host,
  folder: string,
  below: readonly string[],
  signal: AbortSignal,
): Promise<() => Promise<void>> {
  const at = (await askHost(host, nearestScript, [folder], { signal })).get('at') ?? folder;
  return async () => {
    const folders = [...below.map((name) => `${folder}/${name}`), folder];
    await host.runner.run(['sh', '-c', removeScript, 'sh', at, ...folders]);
  };
}
