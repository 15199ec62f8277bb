// What an authorized_keys line allows (sshd(8)), for the builtin server. Pure. As with sshd, a line with an unknown option
// allows no login.

export interface KeyPolicy {
  /** Runs in place of any command of the client. */
  forcedCommand: string | undefined;
  /** Whether the client may make the server listen on unix sockets. */
  mayListen: boolean;
  /** Whether the client may connect to unix sockets. */
  mayDial: boolean;
}

/** The policy of the first usable line that holds this key; undefined when no line does. */
export function pickKeyPolicy(text: string, keyBase64: string, now: Date): KeyPolicy | undefined {
  for (const line of text.split(/\r?\n/)) {
    const parsed = parseLine(line);
    if (parsed?.base64 !== keyBase64) continue;
    const policy = policyOf(parsed.options, now);
    if (policy) return policy;
  }
  return undefined;
}

interface KeyOption {
  name: string;
  value: string | undefined;
}

function parseLine(line: string): { options: KeyOption[]; base64: string } | undefined {
  const content = line.trim();
  if (content === '' || content.startsWith('#')) return undefined;
  const bare = /^(?:ssh|ecdsa|sk)-\S+\s+(\S+)/.exec(content);
  if (bare?.[1]) return { options: [], base64: bare[1] };
  const match = /^((?:[^\s"]|"(?:\\"|[^"])*")+)\s+(?:ssh|ecdsa|sk)-\S+\s+(\S+)/.exec(content);
  return match?.[1] && match[2] ? { options: parseOptions(match[1]), base64: match[2] } : undefined;
}

function parseOptions(text: string): KeyOption[] {
  return [...text.matchAll(/([^,=]+)(?:="((?:\\"|[^"])*)")?(?:,|$)/g)].map(([, name = '', value]) => ({
    name: name.toLowerCase(),
    value: value?.replaceAll(String.raw`\"`, '"'),
  }));
}

const harmless = new Set([
  'no-pty',
  'pty',
  'no-agent-forwarding',
  'agent-forwarding',
  'no-x11-forwarding',
  'x11-forwarding',
  'no-user-rc',
  'user-rc',
  'permitlisten',
]);

function policyOf(options: readonly KeyOption[], now: Date): KeyPolicy | undefined {
  const policy: KeyPolicy = { forcedCommand: undefined, mayListen: true, mayDial: true };
  let isNarrowed = false;
  for (const { name, value } of options) {
    if (name === 'restrict' || name === 'no-port-forwarding') policy.mayListen = policy.mayDial = false;
    else if (name === 'port-forwarding') policy.mayListen = policy.mayDial = true;
    else if (name === 'permitopen') isNarrowed = true;
    else if (name === 'command' && value !== undefined) policy.forcedCommand = value;
    else if (name === 'expiry-time' && value !== undefined) {
      const expiry = parseExpiryTime(value);
      if (!expiry || expiry <= now) return undefined;
    } else if (!harmless.has(name)) return undefined;
  }
  // A path never matches a permitopen.
  return isNarrowed ? { ...policy, mayDial: false } : policy;
}

/** YYYYMMDD[HHMM[SS]], local time unless a Z follows. */
function parseExpiryTime(text: string): Date | undefined {
  const match = /^(\d{4})(\d{2})(\d{2})(?:(\d{2})(\d{2})(\d{2})?)?(Z)?$/.exec(text);
  if (!match) return undefined;
  const [, year, month, day, hour = '00', minute = '00', second = '00', zone = ''] = match;
  return new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}${zone}`);
}
