// tqdm's line for one more shard of the weights: `\r` before and a newline after, on stderr.

export interface ShardProgress {
  done: number;
  shards: number;
  /** The time since the first shard began. */
  seconds: number;
}

export function shardLine({ done, shards, seconds }: ShardProgress): string {
  const percent = String(Math.round((done / shards) * 100)).padStart(3);
  const left = done === 0 ? '?' : clock((seconds / done) * (shards - done));
  const count = `${done}/${shards} [${clock(seconds)}<${left}, ${rate(done, seconds)}]`;
  const line = `\rLoading safetensors checkpoint shards: ${percent}% Completed | ${count}`;
  return done === shards ? `${line}\n` : line;
}

function clock(seconds: number): string {
  const whole = Math.floor(seconds);
  return `${String(Math.floor(whole / 60)).padStart(2, '0')}:${String(whole % 60).padStart(2, '0')}`;
}

/** tqdm prints `s/it` in place of `it/s` if there is less than one per second. */
function rate(done: number, seconds: number): string {
  if (done === 0 || seconds === 0) return '?it/s';
  const perSecond = done / seconds;
  return perSecond >= 1 ? `${perSecond.toFixed(2)}it/s` : `${(1 / perSecond).toFixed(2)}s/it`;
}
