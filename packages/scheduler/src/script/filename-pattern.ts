// Slurm's file name patterns (sbatch(1), "filename pattern"): %j and its kin, and how to write a literal %.

export interface FilenameFacts {
  jobId: string;
  jobName: string;
  user: string;
  /** Short host name of the first node. */
  node: string;
}

/** Makes a path safe to stand in a pattern: every % becomes a literal one. */
export function escapeFilenamePattern(path: string): string {
  return path.replaceAll('%', '%%');
}

/** The path that Slurm opens for a plain batch job. A backslash anywhere turns the expansion off, as in Slurm. */
export function expandFilenamePattern(pattern: string, facts: FilenameFacts): string {
  if (pattern.includes('\\')) return pattern.replaceAll('\\', '');
  const values: Record<string, string> = {
    '%': '%',
    A: facts.jobId,
    j: facts.jobId,
    J: facts.jobId,
    N: facts.node,
    n: '0',
    s: 'batch',
    t: '0',
    u: facts.user,
    x: facts.jobName,
    a: '4294967294',
  };
  return pattern.replaceAll(/%(\d*)([%AjJNnstuxa])/g, (_, width: string, letter: string) => {
    const value = values[letter] ?? '';
    return /^\d+$/.test(value) ? value.padStart(Math.min(Number(width), 10), '0') : value;
  });
}
