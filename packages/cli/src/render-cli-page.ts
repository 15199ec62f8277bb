// The page of all commands, made from their own help and the schemas of their JSON lines.

import type { Command } from 'commander';

import { renderJsonLines, renderLinesOf } from './output/lines/render-json-lines.ts';
import { createProgram } from './program.ts';

export function renderCliPage(): string {
  const program = createProgram('', async () => undefined);
  program.configureHelp({ helpWidth: 110 });
  const help = program.createHelp();
  const sections = help
    .visibleCommands(program)
    .filter((command) => command.name() !== 'help')
    .flatMap((command) => [command, ...command.commands])
    .map((command) => section(command));
  return `# Commands\n\nIn a checkout \`fairlead\` is \`npx pnpm@12 cli\`.\n\n${fenced(helpOf(program))}\n\n${sections.join('\n\n')}\n\n${renderJsonLines()}\n`;
}

function section(command: Command): string {
  command.configureHelp({ helpWidth: 110, showGlobalOptions: true });
  const name = nameOf(command);
  return `## ${name}\n\n${fenced(helpOf(command))}\n\n${renderLinesOf(name)}`;
}

/** `config schema`, without the program's own name. */
function nameOf(command: Command): string {
  const parent = command.parent;
  return parent?.parent ? `${nameOf(parent)} ${command.name()}` : command.name();
}

function helpOf(command: Command): string {
  let text = '';
  command.configureOutput({ writeOut: (more) => (text += more) });
  command.outputHelp();
  return text.trim();
}

function fenced(text: string): string {
  return `\`\`\`text\n${text}\n\`\`\``;
}
