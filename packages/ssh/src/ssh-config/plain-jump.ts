// Recognizes a ProxyCommand that is only a jump, such as `ssh -W %h:%p gate`, in its usual forms. Pure.

import { defined } from '@fairlead/kit';
import { basename } from 'node:path';

import type { ConfiguredJump } from './jump-hosts.ts';

/** Options that do not change where the bytes go: quiet, no X11, no terminal, no agent, no command. */
const harmless = 'qxTaN';
const destinations = ['%h:%p', '[%h]:%p'];

/** Undefined if the command is more than a jump. `expand` replaces the tokens in host and user. */
export function plainJump(command: string, expand: (text: string) => string): ConfiguredJump | undefined {
  // Characters that a shell would interpret.
  if (/[^\w\s%@:.,/=+[\]-]/.test(command)) return undefined;
  const words = command.trim().split(/\s+/);
  if (words[0] === 'exec') words.shift();
  const program = words.shift() ?? '';
  if (basename(program) !== 'ssh' || (program !== 'ssh' && !program.startsWith('/'))) return undefined;
  const read = readArguments(words);
  if (!read || !destinations.includes(read.W ?? '')) return undefined;
  const [name = '', ...others] = read.names;
  const at = name.lastIndexOf('@');
  const user = at < 0 ? read.l : name.slice(0, at);
  const host = name.slice(at + 1);
  // ssh(1) takes a port only after -p; `-l` and a user before the name would have to agree.
  if (host === '' || host.includes(':') || others.length > 0 || (at >= 0 && read.l !== undefined)) return undefined;
  const port = read.p === undefined ? undefined : Number(read.p);
  if (port !== undefined && !(Number.isInteger(port) && port > 0 && port < 65_536)) return undefined;
  return {
    host: expand(host),
    ...(user !== undefined && { user: expand(user) }),
    ...defined({ port }),
  };
}

interface Arguments {
  names: string[];
  W?: string;
  l?: string;
  p?: string;
}

/** Reads options as getopt(3) does, after the name too. Undefined for an option that may lead to another host. */
function readArguments(words: readonly string[]): Arguments | undefined {
  const found: Arguments = { names: [] };
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    if (!word.startsWith('-')) found.names.push(word);
    else {
      const flags = new RegExp(`^-[${harmless}]*`).exec(word)?.[0] ?? '-';
      const option = word[flags.length];
      if (option === undefined && flags !== '-') continue;
      if (option !== 'W' && option !== 'l' && option !== 'p') return undefined;
      // Undefined, too, for an option that is given twice.
      const attached = word.slice(flags.length + 1);
      const value = attached === '' ? words[(at += 1)] : attached;
      if (value === undefined || found[option] !== undefined) return undefined;
      found[option] = value;
    }
  }
  return found;
}
