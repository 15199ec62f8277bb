// Reads a node's generic resources as Slurm prints them: `gpu:a100:4(S:0-1),tmpdisk:100`. GPUs only.

export interface GpuKind {
  /** Absent where the site gives its GPUs no type. */
  type?: string;
  perNode: number;
}

export function parseGres(text: string): GpuKind[] {
  // What stands in brackets are sockets and indices, with commas of their own.
  return text
    .replaceAll(/\([^)]*\)/g, '')
    .split(',')
    .flatMap((resource) => {
      const [kind, ...rest] = resource.trim().split(':');
      if (kind !== 'gpu') return [];
      const count = /^\d+$/.test(rest.at(-1) ?? '') ? Number(rest.pop()) : 1;
      const [type] = rest;
      return [{ ...(type === undefined || type === '' ? {} : { type }), perNode: count }];
    });
}
