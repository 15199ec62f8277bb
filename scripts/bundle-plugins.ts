// What our bundles leave out, put off or write in another way, so that programs load fast and run on any host.

import type { Rolldown } from 'tsdown';

/** Leaves native add-ons out, because they do not run on other hosts; ssh2 falls back to node:crypto when they throw. */
export const noNativeAddons: Rolldown.Plugin = {
  name: 'no-native-addons',
  resolveId: { filter: { id: /^cpu-features$|sshcrypto\.node$/ }, handler: () => '\0no-native-addon' },
  load: {
    filter: { id: /^\0no-native-addon$/ },
    handler: () => 'module.exports = undefined; throw new Error("not in the bundle");',
  },
};

/**
 * An ES module's import of these reads every export, lazy ones too: `node:http` then loads undici, 20 ms of a start, `node:util` 33
 * modules, `node:crypto` Web Crypto, `node:fs` its streams, `node:process` standard input. Here each is an object of getters, which
 * loads the module when it is first used.
 */
export const lazyBuiltins: Rolldown.Plugin = {
  name: 'lazy-builtins',
  resolveId: {
    filter: { id: /^(node:)?(child_process|crypto|fs|http|https|process|tls|util|zlib)$/ },
    handler: (id) => `\0lazy-builtin:${id.replace(/^node:/, '')}`,
  },
  load: {
    filter: { id: /^\0lazy-builtin:/ },
    handler: (id) => lazyBuiltin(`node:${id.slice(id.indexOf(':') + 1)}`),
  },
};

/** A CommonJS module whose exports are read from the builtin when they are asked for. */
function lazyBuiltin(name: string): string {
  // Loaded anyway; and what it exports differs with how a process was started, so that two bundles would not be the same.
  if (name === 'node:process') return 'module.exports = process;';
  const exported = Object.keys(process.getBuiltinModule(name) ?? {});
  return `for (const name of ${JSON.stringify(exported)})
    Object.defineProperty(module.exports, name, { enumerable: true, get: () => process.getBuiltinModule('${name}')[name] });`;
}

/** What our code uses of ssh2, each with the file of ssh2 that has it. tests/architecture compares this list with our code. */
export const usedOfSsh2 = {
  BaseAgent: `require('./agent.js').BaseAgent`,
  Client: `require('./client.js')`,
  OpenSSHAgent: `require('./agent.js').OpenSSHAgent`,
  Server: `require('./server.js')`,
  utils: `{ parseKey: require('./protocol/keyParser.js').parseKey }`,
};

/**
 * ssh2 without its SFTP client, key generator and HTTP agents: a third of its code, and node:https. The rest is loaded when it is
 * first used, because a client needs no server.
 */
export const partOfSsh2: Rolldown.Plugin = {
  name: 'part-of-ssh2',
  load: {
    filter: { id: /[\\/]ssh2[\\/]lib[\\/](index|protocol[\\/]SFTP)\.js$/ },
    handler: (id) => (id.endsWith('index.js') ? indexOfSsh2() : 'module.exports = {};'),
  },
};

function indexOfSsh2(): string {
  const getters = Object.entries(usedOfSsh2).map(([name, value]) => `get ${name}() { return ${value}; }`);
  return `module.exports = { ${getters.join(', ')} };`;
}

/**
 * Modules of which a dependency uses one function, with that function written for Node: bcrypt-pbkdf (of ssh2, for keys with a
 * passphrase) takes SHA-512 from tweetnacl, and prom-client asks OpenTelemetry for a span that nothing of ours opens.
 */
export const standIns = {
  tweetnacl: `const { createHash } = require('node:crypto');
    module.exports = { lowlevel: { crypto_hash: (out, text, length) =>
      out.set(createHash('sha512').update(text.subarray(0, length)).digest()) } };`,
  '@opentelemetry/api': `module.exports = { context: { active: () => undefined }, trace: { getSpan: () => undefined } };`,
};

export const lessOfDependencies: Rolldown.Plugin = {
  name: 'less-of-dependencies',
  resolveId: { filter: { id: /^(tweetnacl|@opentelemetry\/api)$/ }, handler: (id) => `\0stand-in:${id}` },
  load: {
    filter: { id: /^\0stand-in:/ },
    handler: (id) => standIns[id.slice('\0stand-in:'.length) as keyof typeof standIns],
  },
};

/**
 * Writes characters beyond ASCII as escapes: with one such character V8 holds the whole file as two bytes a character, and loads it
 * more slowly. After minifying they stand in strings and regular expressions alone.
 */
export const asciiOnly: Rolldown.Plugin = {
  name: 'ascii-only',
  generateBundle(_options, bundle) {
    for (const file of Object.values(bundle)) if (file.type === 'chunk') file.code = escapeBeyondAscii(file.code);
  },
};

function escapeBeyondAscii(code: string): string {
  return code.replaceAll(/(?<!\\)[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
