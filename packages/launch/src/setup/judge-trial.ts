// What an environment's trial on a compute node shows. Pure.

import { CodedError } from '@fairlead/kit';

import type { LaunchErrorCode } from '../launch-error.ts';

export interface TrialReport {
  host: string;
  /** Of the command that prints the version. */
  code: number;
  said: string[];
  /** That PyTorch sees; absent where it was not asked or has no answer. */
  gpus?: number;
}

/** sh. Arguments: the Python beside the engine or '', then the command that prints the engine's version. */
export const trialScript = `#!/bin/sh
python=$1; shift
echo "fl host $(uname -n)"
said=$("$@" 2>&1)
code=$?
printf '%s\\n' "$said" | tail -n 8 | sed 's/^/fl said /'
if [ -n "$python" ]; then
  gpus=$("$python" -c 'import torch; print(torch.cuda.device_count())' 2>/dev/null) && echo "fl gpus $gpus"
fi
echo "fl code $code"
`;

/** Undefined while the trial has not come to its end. */
export function parseTrial(log: string): TrialReport | undefined {
  const report: TrialReport = { host: '', code: 0, said: [] };
  for (const line of log.split('\n')) {
    const [, what = '', rest = ''] = /^fl (\w+) ?(.*)$/.exec(line) ?? [];
    if (what === 'host') report.host = rest;
    else if (what === 'said') report.said.push(rest);
    else if (what === 'gpus') report.gpus = Number(rest);
    else if (what === 'code') return { ...report, code: Number(rest) };
  }
  return undefined;
}

/** What is wrong with it; undefined where it works. `gpus`: what the job asked for. */
export function refuseTrial(
  { host, code, said, gpus: seen }: TrialReport,
  { what, gpus }: { what: string; gpus: number },
): CodedError<LaunchErrorCode> | undefined {
  const cannot = `cannot use ${what} on ${host} because`;
  if (code !== 0)
    return new CodedError('setup_failed', `${cannot} it does not start there (exit ${code}):\n  ${said.join('\n  ')}`, {
      hint: '`fairlead explain` may know these lines. The environment stays under the name that ends in .build.',
    });
  if (gpus > 0 && seen === 0)
    return new CodedError('setup_failed', `${cannot} PyTorch sees no GPU there, though the job had ${gpus}`, {
      hint: 'The driver of the node may be too old for the CUDA of this version (nvidia-smi there says which it takes): choose an older one with --engine-version. Where nodes serve on their processors: --gpus 0.',
    });
  return undefined;
}
