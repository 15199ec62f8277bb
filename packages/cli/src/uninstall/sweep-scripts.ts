// The far side of an uninstall, as POSIX sh: what is known to be ours is removed, everything else stays and is named.
// Each script's first argument is `list` (say what would go) or `remove`. Each line it prints: kind, path and why, by tabs.

import { endControl } from '../bastion/swap-script.ts';

const prologue = `
LC_ALL=C; export LC_ALL
umask 077
mode=$1
gone=
say() { printf '%s\\t%s\\t%s\\n' "$1" "$2" "$3"; }
is_there() { [ -e "$1" ] || [ -h "$1" ]; }
# A file, link or directory that is ours as a whole.
drop() {
  is_there "$1" || return 0
  if [ "$mode" = remove ] && ! rm -rf "$1" 2>/dev/null; then say left "$1" "it could not be removed"; return 0; fi
  gone="$gone
$1"
  say removed "$1"
}
drop_sockets() {
  for entry in "$1"/*.sock "$1"/*.ctl; do
    case \${entry##*/} in control.sock | [a-z]*-[0-9]*.sock | [a-z]*-[0-9]*.ctl) [ -S "$entry" ] && drop "$entry" ;; esac
  done
}
is_gone() {
  case "$gone
" in *"
$1
"*) return 0 ;; esac
  return 1
}
# A directory of ours goes when nothing else is in it; what else is in it is named.
close() {
  [ -d "$1" ] && ! [ -h "$1" ] || return 0
  others=
  for entry in "$1"/* "$1"/.[!.]* "$1"/..?*; do
    is_there "$entry" && ! is_gone "$entry" || continue
    others=1
    say left "$entry" "\${2:-it is not known to be ours}"
  done
  [ -z "$others" ] || return 0
  if [ "$mode" = remove ] && ! rmdir "$1" 2>/dev/null; then say left "$1" "it could not be removed"; return 0; fi
  gone="$gone
$1"
  say removed "$1"
}
`;

/**
 * Takes `state`, and in `own` the name of our bastion's key directory. A job of another bastion has its note beside that one's keys,
 * and reads these files until it ends. Where our bastion is not known (`own` is empty), every job counts as ours.
 */
const isForeign = `
is_foreign() {
  [ -n "$own" ] || return 1
  for note in "$state"/keys/*/users/"$1"; do
    case $note in "$state/keys/$own/"*) ;; *) [ -f "$note" ] && return 0 ;; esac
  done
  return 1
}
`;

/** Arguments: state directory, our bastion's key directory. Prints the instances that have a directory here and are ours. */
export const listInstancesScript = `${isForeign}
state=$1 own=$2
for job in "$state"/jobs/*; do
  [ -d "$job" ] && ! is_foreign "\${job##*/}" && echo "\${job##*/}"
done
:
`;

/**
 * Takes `scratch` (empty: none is configured) and `nodes` (empty: jobs run on this host). What engines compiled lies there where no shared
 * cache takes it. A disk of a node's own is not seen from here: then the path is named with what removes it.
 */
const sweepCompiled = `
sweep_compiled() {
  [ -n "$scratch" ] || return 0
  compiled=$scratch/fairlead-cache-$(id -u)
  is_shared=
  if [ -d "$compiled" ] && ! [ -h "$compiled" ] && [ -O "$compiled" ]; then
    case $(stat -f -c %T "$compiled" 2>/dev/null) in nfs* | lustre | gpfs | fhgfs | beegfs | ceph | fuse* | smb* | cifs | afs) is_shared=1 ;; esac
    if [ -n "$foreign" ]; then say left "$compiled" "jobs of another bastion may use it"; else drop "$compiled"; fi
  fi
  [ -n "$nodes" ] && [ -z "$is_shared" ] || return 0
  say left "$compiled (on compute nodes)" "nodes that have run a model may have it on a disk of their own; srun -w <node> rm -rf -- '$compiled' removes it from one"
}
`;

/**
 * Arguments: mode, state directory, runtime directory, our bastion's key directory, scratch directory of jobs, and a word where jobs run on
 * other hosts. A job's directory is known by our files in it.
 */
export const sweepClusterScript = `${prologue}${isForeign}${sweepCompiled}
state=$2 runtime=$3 own=$4 scratch=$5 nodes=$6
foreign=
for job in "$state"/jobs/*; do
  [ -d "$job" ] && { [ -f "$job/spec.json" ] || [ -f "$job/job.sh" ]; } || continue
  if is_foreign "\${job##*/}"; then
    foreign=1
    say left "$job" "a job of another bastion may read it"
    continue
  fi
  case \${job##*/} in ????????) drop "$job" ;; esac
done
close "$state/jobs"
for keys in "$state"/keys/????????????????; do
  case \${keys##*/} in *[!0-9a-f]*) continue ;; esac
  if [ -n "$own" ] && [ "\${keys##*/}" != "$own" ] && [ -n "$(ls "$keys/users" 2>/dev/null)" ]; then
    foreign=1
    say left "$keys" "jobs of another bastion may read it"
    continue
  fi
  drop "$keys"
  drop "$keys.lock"
done
close "$state/keys"
for file in "$state"/test-only/*.sh "$state"/test-only/.*.part; do drop "$file"; done
close "$state/test-only"
sweep_compiled
if [ -n "$foreign" ]; then
  is_there "$runtime" && say left "$runtime" "jobs of another bastion may run from it"
  exit 0
fi
for file in "$state"/queue/*; do drop "$file"; done
for file in "$state"/start-times.json "$state"/start-times.json.*; do drop "$file"; done
close "$state/queue"
for file in "$state"/engine-builds/*.json "$state"/engine-builds/*.json.*; do drop "$file"; done
close "$state/engine-builds"
[ -d "$state/local-scheduler/jobs" ] && drop "$state/local-scheduler"
for folder in "$runtime"/agent-*; do
  case \${folder##*/} in agent-????????????????) ;; *) continue ;; esac
  for file in agent.mjs engine-sim.mjs; do drop "$folder/$file"; done
  for file in "$folder"/.agent.mjs.*.part "$folder"/.engine-sim.mjs.*.part; do drop "$file"; done
  close "$folder"
done
for file in "$runtime"/node-*-linux-x64 "$runtime"/node-*-linux-arm64 "$runtime"/.node-*-linux-*.part "$runtime"/bench-????????????????.mjs "$runtime"/.bench-*.part; do [ -f "$file" ] && drop "$file"; done
close "$runtime"
close "$state"
`;

/**
 * Arguments: mode, state directory, run directory (empty: where the gate would choose). The gate and the link go first, so
 * that no gate starts control again, then control ends; what marks the directory as ours goes last.
 */
export const sweepBastionScript = `${prologue}${endControl}
state=$2 run=$3
is_ours=
for mark in gate identity.pem bin/control.mjs; do is_there "$state/$mark" && is_ours=1; done
recorded=
if [ -f "$state/run-dir" ]; then read -r recorded <"$state/run-dir"; fi
if [ -n "$is_ours" ]; then
  drop "$state/gate"
  drop "$state/bin/control.mjs"
fi
sweep_run() {
  dir=$1
  [ -d "$dir" ] && ! [ -h "$dir" ] && [ -O "$dir" ] || return 0
  if [ "$mode" = remove ] && ! end_control "$state" "$dir"; then say left "$dir" "control (process $pid) does not end"; return 0; fi
  drop_sockets "$dir"
  drop_sockets "$dir/parked"
  drop "$dir/control.pid"
  close "$dir/parked"
  close "$dir"
}
[ "$recorded" != "$run" ] || recorded=
if [ -n "$run$recorded" ]; then
  for place in "$run" "$recorded"; do [ -n "$place" ] && sweep_run "$place"; done
elif [ -n "$is_ours" ]; then
  # Where the gate would have put it; a directory in which another control lives is not this one's.
  for choice in "$XDG_RUNTIME_DIR/fairlead" "/tmp/fairlead-$(id -u)"; do
    is_control "$(cat "$choice/control.pid" 2>/dev/null)" "$state" && sweep_run "$choice"
  done
fi
[ -n "$is_ours" ] || exit 0
drop "$state/bin/node"
for file in "$state"/bin/control-*.mjs "$state"/bin/node-*-linux-x64 "$state"/bin/node-*-linux-arm64 "$state"/bin/.*.part; do drop "$file"; done
close "$state/bin"
for file in "$state"/backup/control.db*; do drop "$file"; done
close "$state/backup"
for file in "$state"/owners/*; do
  name=\${file##*/}
  case $name in *[!0-9a-f]*) case $name in *.new) drop "$file" ;; esac ;; *) [ "\${#name}" -eq 64 ] && drop "$file" ;; esac
done
close "$state/owners"
# The owner's record before the database: without it a control that follows begins anew.
for file in "$state"/owner.json "$state"/control.db* "$state"/control.log* "$state"/*.new "$state"/.gate.*.part "$state"/.run-dir.*.part "$state"/run-dir "$state"/identity.pem; do drop "$file"; done
close "$state"
`;

/** Argument: authorized_keys (empty: the usual one). Prints the markers of our lines. */
export const listMarkers = `
sed -n 's/^[^#].* fairlead:\\(job-[0-9a-f]*\\)[[:space:]]*$/\\1/p' "\${1:-$HOME/.ssh/authorized_keys}" 2>/dev/null
:
`;

/** Arguments: mode, authorized_keys (empty: the usual one). The copy that edits have left beside the file, links followed. */
export const sweepKeys = `${prologue}
path=\${2:-$HOME/.ssh/authorized_keys}
links=0
while [ -h "$path" ] && [ "$links" -lt 20 ]; do
  links=$((links + 1))
  to=$(readlink "$path")
  case $to in /*) path=$to ;; *) path=\${path%/*}/$to ;; esac
done
drop "$path.fairlead-backup"
`;
