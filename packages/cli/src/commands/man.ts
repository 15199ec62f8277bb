// `fairlead man`: the manual page, for man(1) to show or a package to install.

import type { Command } from 'commander';

import type { Context } from '../context.ts';
import { renderManPage } from './man-page.ts';

export function runMan(program: Command, { output }: Context): void {
  const page = renderManPage(program);
  output.result({ event: 'man', ok: true, page }, page);
}
