// Which GPUs a job sees: asked where the job runs, judged by how many it asked for.

import type { Answers } from '../ask-host.ts';
import { fail, type Finding, passed, warn } from '../check.ts';

export const gpusScript = `
if command -v nvidia-smi >/dev/null 2>&1; then
  said=$(nvidia-smi --query-gpu=name,memory.total,driver_version --format=csv,noheader 2>&1) && echo "fl_gpus=$(printf '%s\\n' "$said" | paste -sd ';' -)" || echo "fl_error=$(printf %s "$said" | tail -n 1)"
elif command -v rocm-smi >/dev/null 2>&1; then
  echo "fl_gpus=$(rocm-smi --showproductname --csv 2>/dev/null | sed -n '2,$p' | grep . | paste -sd ';' -)"
else echo "fl_missing=yes"; fi
echo "fl_visible=\${CUDA_VISIBLE_DEVICES:-\${ROCR_VISIBLE_DEVICES:-}}"
`;

export function judgeGpus(wantedGpus: number, answers: Answers): Finding {
  const seen = (answers.get('fl_gpus') ?? '').split(';').filter((line) => line.trim() !== '');
  const visible = (answers.get('fl_visible') ?? '').split(',').filter((word) => word !== '');
  if (wantedGpus === 0) return passed('the job asked for none');
  if (answers.get('fl_error') !== undefined)
    return fail(
      `nvidia-smi fails on the compute node: ${answers.get('fl_error')}`,
      'The GPU or its driver is broken there: tell the site the name of the node.',
    );
  if (answers.get('fl_missing') === 'yes')
    return warn(
      `no nvidia-smi on the compute node, so its GPUs could not be seen; Slurm gave the job ${visible.length === 0 ? 'none that it names' : `number ${visible.join(', ')}`}`,
      'If models fail to start for want of a GPU, ask the site for the driver on these nodes.',
    );
  const given = visible.length > 0 ? visible.length : seen.length;
  if (seen.length === 0 || given < wantedGpus)
    return fail(
      `the job asked for ${wantedGpus} GPUs and sees ${Math.min(given, seen.length)}`,
      'Look at gpu.type and gpu.request: the site may want GPUs asked for otherwise (gres, gpus-per-node, none).',
    );
  return passed(seen.map((line) => line.trim()).join('; '));
}
