// Slurm's `code:signal`.

export interface SlurmExitCode {
  code: number;
  signal: number;
}

export function parseExitCode(text: string): SlurmExitCode | undefined {
  const match = /^(\d+):(\d+)$/.exec(text.trim());
  return match ? { code: Number(match[1]), signal: Number(match[2]) } : undefined;
}
