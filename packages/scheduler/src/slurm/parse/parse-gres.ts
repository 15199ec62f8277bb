// Reads a node's generic resources as Slurm prints them: `gpu:a100:4(S:0-1),tmpdisk:100`, `gres/gpu:4`. GPUs only.

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
      const [kind, ...rest] = resource
        .trim()
        .replace(/^gres[/:]/, '')
        .split(/[:=]/);
      if (kind !== 'gpu') return [];
      const count = countOf(rest.at(-1));
      const type = count === undefined ? rest[0] : rest.slice(0, -1)[0];
      return [{ ...(type === undefined || type === '' ? {} : { type }), perNode: count ?? 1 }];
    });
}

const factors: Record<string, number> = { '': 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3 };

/** Slurm takes a suffix for 1024 and its powers (gres.conf(5), Count). */
function countOf(word = ''): number | undefined {
  const match = /^(\d+)([KMG]?)$/i.exec(word);
  return match ? Number(match[1]) * (factors[(match[2] ?? '').toUpperCase()] ?? 1) : undefined;
}
