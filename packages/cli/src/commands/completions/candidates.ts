// What may stand where the cursor is, from the commands' own declarations. Pure: names that must be looked up are asked for by kind.

import type { Argument, Command, Option } from 'commander';

export interface Candidate {
  value: string;
  description: string;
}

/** Names that are looked up. `models`, `gpus` and `sites` are those that can be planned. */
export type NameKind = 'deployments' | 'presets' | 'clusters' | 'models' | 'gpus' | 'sites';

/** What is wanted at the cursor. `prefix` stands before each value, as in `--on=`. */
export type Wanted =
  | { kind: 'candidates'; candidates: Candidate[] }
  | { kind: NameKind; prefix: string; typed: string }
  | { kind: 'files' }
  | { kind: 'nothing' };

/** `words` follow the program's name; the last one is being typed and may be empty. */
export function wantedAt(program: Command, words: readonly string[]): Wanted {
  const typed = joinEquals(words);
  const { command, operands, option, isOver } = walk(program, typed.words.slice(0, -1));
  const current = typed.words.at(-1) ?? '';
  if (isOver) return { kind: 'files' };
  if (option) return valueOf(option, '', current);
  const [flag, value] = split(current);
  if (current.startsWith('--') && value !== undefined) {
    const found = findOption(command, flag);
    // bash has cut the word at "=" and replaces what follows alone.
    return found ? valueOf(found, typed.wasCut ? '' : `${flag}=`, value) : { kind: 'nothing' };
  }
  if (current.startsWith('-')) return offer(optionsOf(command), '', current);
  const commands = operands.length === 0 ? commandsOf(command) : [];
  const argument = command.registeredArguments[operands.length] ?? variadicOf(command);
  if (commands.length > 0) return offer(commands, '', current);
  return argument ? argumentAt(argument, command, current) : { kind: 'nothing' };
}

/** bash breaks words at "=": `--on=x` comes as three. */
function joinEquals(words: readonly string[]): { words: string[]; wasCut: boolean } {
  const joined: string[] = [];
  let wasCut = false;
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    const before = joined.at(-1) ?? '';
    wasCut = word === '=' && before.startsWith('--');
    if (!wasCut) joined.push(word);
    else joined.splice(-1, 1, `${before}=${words[++at] ?? ''}`);
  }
  return { words: joined, wasCut };
}

/** Who is meant by the words before the cursor. */
function walk(program: Command, words: readonly string[]) {
  let command = program;
  let operands: string[] = [];
  let option: Option | undefined;
  for (const word of words) {
    if (option) option = undefined;
    else if (word === '--') return { command, operands, option, isOver: true };
    else if (word.startsWith('-')) {
      const found = findOption(command, split(word)[0]);
      if (found && !found.isBoolean() && !word.includes('=')) option = found;
    } else {
      const next = operands.length === 0 ? findCommand(command, word) : undefined;
      if (next) command = next;
      else operands = [...operands, word];
    }
  }
  return { command, operands, option, isOver: false };
}

/** By the placeholder of a flag's value. */
const namesAfter = new Map<string, NameKind>([
  ['cluster', 'clusters'],
  ['gpu', 'gpus'],
  ['site', 'sites'],
]);

function valueOf(option: Option, prefix: string, typed: string): Wanted {
  if (option.argChoices) return offer(option.argChoices.map(plain), prefix, typed);
  const what = /[<[]([^\]>]+)[\]>]/.exec(option.flags)?.[1];
  if (what === 'file') return { kind: 'files' };
  const kind = what === undefined ? undefined : namesAfter.get(what);
  return kind ? { kind, prefix, typed } : { kind: 'nothing' };
}

function argumentAt(argument: Argument, command: Command, typed: string): Wanted {
  if (argument.argChoices) return offer(argument.argChoices.map(plain), '', typed);
  if (argument.name() === 'model') {
    const isPlanned = ['models', 'plan'].includes(command.name());
    return { kind: isPlanned ? 'models' : 'presets', prefix: '', typed };
  }
  // The first argument of a command on a deployment is its name.
  if (argument.name() === 'name') return { kind: 'deployments', prefix: '', typed };
  return { kind: command.name() === 'exec' ? 'files' : 'nothing' };
}

export function offer(all: readonly Candidate[], prefix: string, typed: string): Wanted {
  const fitting = all.filter(({ value }) => value.startsWith(typed));
  return {
    kind: 'candidates',
    candidates: fitting.map(({ value, description }) => ({ value: prefix + value, description })),
  };
}

function commandsOf(command: Command): Candidate[] {
  return command
    .createHelp()
    .visibleCommands(command)
    .map((one) => ({ value: one.name(), description: one.description() }));
}

function optionsOf(command: Command): Candidate[] {
  return command
    .createHelp()
    .visibleOptions(command)
    .map((option) => ({ value: option.long ?? option.short ?? '', description: option.description }));
}

function findCommand(command: Command, word: string): Command | undefined {
  return command.commands.find((one) => one.name() === word || one.aliases().includes(word));
}

function findOption(command: Command, word: string): Option | undefined {
  for (let at: Command | null = command; at; at = at.parent) {
    const found = at.options.find((option) => option.long === word || option.short === word);
    if (found) return found;
  }
  return undefined;
}

function variadicOf(command: Command): Argument | undefined {
  const last = command.registeredArguments.at(-1);
  return last?.variadic ? last : undefined;
}

function split(word: string): [flag: string, value?: string] {
  const at = word.indexOf('=');
  return at < 0 ? [word] : [word.slice(0, at), word.slice(at + 1)];
}

function plain(value: string): Candidate {
  return { value, description: '' };
}
