// `fairlead completions <shell>`: the script that asks `fairlead complete` at each Tab.

import type { Context } from '../../context.ts';
import { SHELL_SCRIPTS, type Shell } from './shell-scripts.ts';

export function runCompletions(shell: Shell, { output }: Context): void {
  const script = SHELL_SCRIPTS[shell];
  output.result({ event: 'completions', ok: true, shell, script }, script);
}
