// The manual page, made of the commands' own help, in man(7)'s macros. Pure.

import type { Command, Help } from 'commander';

export function renderManPage(program: Command): string {
  const help = program.createHelp();
  const commands = help
    .visibleCommands(program)
    .filter((command) => command.name() !== 'help')
    .flatMap((command) => [command, ...command.commands]);
  return [
    '.TH FAIRLEAD 1 "" Fairlead "User Commands"',
    '.SH NAME',
    'fairlead \\- a large language model out of a protected cluster, with nothing but SSH',
    '.SH SYNOPSIS',
    '.B fairlead',
    '.RI [ options ]',
    '.I command',
    '.RI [ arguments ]',
    '.SH DESCRIPTION',
    escaped(program.description()),
    '.SH OPTIONS',
    ...tagged(optionsOf(program, help)),
    '.SH COMMANDS',
    ...commands.flatMap((command) => section(command, help)),
    ...tail,
    '',
  ].join('\n');
}

const tail = [
  '.SH EXIT STATUS',
  ...tagged([
    ['0', 'done'],
    ['1', 'failed'],
    ['2', 'wrong usage or configuration'],
    ['3', 'nothing of that name'],
    ['4', 'a host cannot be reached'],
    ['126, 127', 'exec: its command may not be executed, or is not there'],
    ['130', 'interrupted'],
  ]),
  '.SH ENVIRONMENT',
  ...tagged([
    ['FAIRLEAD_CONFIG', 'the configuration file to use alone'],
    ['FAIRLEAD_PROFILE', 'where this machine keeps what it knows of the bastion'],
    ['NO_COLOR', 'no colours'],
  ]),
];

function section(command: Command, help: Help): string[] {
  return [
    `.SS ${escaped(`fairlead ${help.commandUsage(command).replace(/^fairlead /, '')}`)}`,
    escaped(command.description()),
    ...tagged(help.visibleArguments(command).map((one) => [one.name(), help.argumentDescription(one)])),
    ...tagged(optionsOf(command, help)),
    ...examples(command),
  ];
}

function optionsOf(command: Command, help: Help): Array<[string, string]> {
  return help.visibleOptions(command).map((option) => [help.optionTerm(option), help.optionDescription(option)]);
}

/** What a command's help says after its options. */
function examples(command: Command): string[] {
  let text = '';
  const before = command.configureOutput();
  command.configureOutput({ writeOut: (more) => (text += more) });
  command.outputHelp();
  command.configureOutput(before);
  const at = text.indexOf('\nExamples:\n');
  return at < 0 ? [] : ['.PP', 'Examples:', '.PP', '.nf', ...escapedLines(text.slice(at + 11).trimEnd()), '.fi'];
}

function tagged(rows: ReadonlyArray<readonly [string, string]>): string[] {
  return rows.flatMap(([term, text]) => ['.TP', `.B ${escaped(term)}`, escaped(text)]);
}

function escapedLines(text: string): string[] {
  return text.split('\n').map(escaped);
}

/** A line that begins with a dot or a quote would be a request; a plain hyphen may be set as a dash. */
function escaped(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll(/^(?=[.'])/gm, '\\&');
}
