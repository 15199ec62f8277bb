// A host as people write it. Pure.

/** `me@host:2222` */
export function hostAndPort(text: string): { host: string; user?: string; port?: number } {
  const match = /^(?:([^@]+)@)?(\[[^\]]+\]|[^:]+)(?::(\d+))?$/.exec(text);
  if (!match) return { host: text };
  const host = (match[2] ?? text).replaceAll(/^\[|\]$/g, '');
  return { host, ...(match[1] ? { user: match[1] } : {}), ...(match[3] ? { port: Number(match[3]) } : {}) };
}
