// Parses the path of one setting on the command line: `slurm.partition`. A key that holds a dot is quoted
// (`presets."llama-3.1-8b".gpus`), or its dot is escaped (`presets.llama-3\.1-8b.gpus`). Pure.

export interface TypedSetting {
  keys: string[];
  /** The text after the first `=` that follows the path. */
  value: string;
}

/** Undefined if the text is not `path=value`. */
export function parseSettingPath(typed: string): TypedSetting | undefined {
  const keys: string[] = [];
  for (let rest = typed.trimStart(); ;) {
    const read = keyPattern.exec(rest);
    if (!read) return undefined;
    const [whole, quoted, plain = '', end] = read;
    const key = quoted === undefined ? plain.replaceAll(/\\(.)/g, '$1').trim() : quoted.replaceAll(/\\(.)/g, '$1');
    if (key === '' || key === '__proto__') return undefined;
    keys.push(key);
    rest = rest.slice(whole.length);
    if (end === '=') return { keys, value: rest };
  }
}

/** A quoted key, or a plain key in which a backslash escapes the next character; then a dot or the `=`. */
const keyPattern = /^\s*(?:"((?:[^"\\]|\\.)*)"|((?:[^."=\\]|\\.)+))\s*([.=])/;
