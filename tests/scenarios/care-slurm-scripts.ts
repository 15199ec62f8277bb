// Slurm's commands as sh scripts over a folder: jobs/<id> holds `STATE|name|workDir|script`; a file with the name of a rule turns the rule on.

const prologue = `#!/bin/sh
dir=\${0%/*}
field() { cut -d'|' -f"$2" "$dir/jobs/$1"; }
hold() {
  [ -e "$dir/$1" ] || return 0
  : >"$dir/$1-reached"
  while [ -e "$dir/$1" ]; do sleep 0.05; done
}
`;

const sbatch = `${prologue}
name= work= script= test=
for word; do
  case $word in
    --job-name=*) name=\${word#*=} ;;
    --chdir=*) work=\${word#*=} ;;
    --test-only) test=1 ;;
    -*) ;;
    *) script=$word ;;
  esac
done
if [ -n "$test" ]; then hold hold-test; echo "sbatch: Job 1 to start at 1795231749 using 1 processors on nodes n1 in partition p" >&2; exit 0; fi
id=1
while ! (set -C; : >"$dir/jobs/$id") 2>/dev/null; do id=$((id + 1)); done
echo "PENDING|$name|$work|$script" >"$dir/jobs/$id"
hold hold-sbatch
if [ -e "$dir/lose-sbatch" ]; then
  echo "sbatch: error: Batch job submission failed: Socket timed out on send/recv operation" >&2
  exit 1
fi
echo "$id"
`;

const squeue = `${prologue}
name= ids= all=
while [ $# -gt 0 ]; do
  case $1 in
    --name=*) name=\${1#*=} ;;
    -j) ids=$2; shift ;;
    -t) all=1; shift ;;
    -o) shift ;;
  esac
  shift
done
for id in $(if [ -n "$ids" ]; then echo "$ids" | tr ',' ' '; else ls "$dir/jobs" | grep -v '\\.pid$'; fi); do
  [ -f "$dir/jobs/$id" ] || { echo "slurm_load_jobs error: Invalid job id specified" >&2; exit 1; }
  state=$(field "$id" 1)
  [ -z "$name" ] || [ "$name" = "$(field "$id" 2)" ] || continue
  case $state in PENDING | RUNNING) ;; *) [ -n "$all" ] || continue ;; esac
  echo "$id|$state|None||N/A|N/A|1795231749|p|$(field "$id" 2)"
done
`;

const scancel = `${prologue}
for word; do id=$word; done
[ "$(field "$id" 1)" = PENDING ] && sed -i.old "s/^PENDING/CANCELLED/" "$dir/jobs/$id" && rm -f "$dir/jobs/$id.old"
[ -f "$dir/jobs/$id.pid" ] && kill -TERM "-$(cat "$dir/jobs/$id.pid")" 2>/dev/null
exit 0
`;

export const slurmScripts = {
  sbatch,
  squeue,
  scancel,
  sacct: '#!/bin/sh\necho "Slurm accounting storage is disabled" >&2\nexit 1\n',
  scontrol: '#!/bin/sh\necho "slurm_load_jobs error: Invalid job id specified" >&2\nexit 1\n',
};
