// `fairlead completions <shell>`: the script that asks `fairlead complete` at each Tab.

import type { Context } from '../../context.ts';
import { shellScripts, type Shell } from './shell-scripts.ts';

export function runCompletions(shell: Shell, { output }: Context): void {
  const script = shellScripts[shell];
  output.result({ event: 'completions', ok: true, shell, script }, script);
}
