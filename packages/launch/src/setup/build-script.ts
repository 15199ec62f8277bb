// Bash that builds an environment under another name than its own, so that nothing half-done has that name, and one that publishes it.
// A venv cannot be moved: it is built in `<name>.build`, and `<name>` is a link that appears when it is finished and tried.

import type { SetupPlan } from './plan-setup.ts';

/** Lines `fl <what> <value>`; all others are the installer's own. Goes on where an earlier run was interrupted. */
const prelude = `
trap 'exit 130' INT TERM
dir=$1 name=$2 what=$3 distribution=$4 program=$5
umask 022
cache=$dir/.$name.cache
mkdir -p "$dir" "$cache/tmp" || exit 1
exec 8>"$dir/.$name.lock"
if command -v flock >/dev/null 2>&1 && ! flock -n 8; then echo 'fl busy'; exit 1; fi
export TMPDIR=$cache/tmp
`;

const finishVenv = `
printf '%s\\n' "$what" >"$build/.built"
echo "fl version $("$build/bin/python" -c 'import importlib.metadata as m, sys; print(m.version(sys.argv[1]))' "$distribution")"
rm -rf "$cache"
echo "fl sizeKb $(du -sk "$build" | cut -f1)"
# Published means that it was tried.
if [ "$(readlink "$dir/$name")" = "$name.build" ]; then echo 'fl published'; fi
echo "fl built $build"
`;

const skipBuilt = `
build=$dir/$name.build
mkdir -p "$build"
if [ "$(cat "$build/.built" 2>/dev/null)" != "$what" ]; then
`;

const scripts: Record<SetupPlan['method'], string> = {
  uv: `${skipBuilt}
  export UV_CACHE_DIR=$cache/uv UV_NO_PROGRESS=1 UV_PYTHON_INSTALL_DIR=$dir/.python
  if ! [ -x "$build/bin/python" ]; then echo 'fl step venv'; "$program" venv --quiet --allow-existing --python '>=3.10' "$build" 2>&1 || exit 1; fi
  echo 'fl step install'
  "$program" pip install --python "$build/bin/python" "$what" 2>&1 || exit 1
fi
${finishVenv}`,
  venv: `${skipBuilt}
  export PIP_CACHE_DIR=$cache/pip PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1
  if ! "$build/bin/python" -m pip --version >/dev/null 2>&1; then echo 'fl step venv'; "$program" -m venv --clear "$build" 2>&1 || exit 1; fi
  echo 'fl step install'
  # With no retry at all pip does not say that it did not reach the index: it finds no version, as if there were none.
  if "$build/bin/python" -m pip config list 2>/dev/null | grep -q "\\.retries='0'"; then export PIP_RETRIES=1; fi
  "$build/bin/python" -m pip install --progress-bar off "$what" 2>&1 || exit 1
fi
${finishVenv}`,
  container: `
image=$dir/$name.sif
if [ "$(cat "$image.built" 2>/dev/null)" != "$what" ] || ! [ -f "$image" ]; then
  echo 'fl step pull'
  export APPTAINER_CACHEDIR=$cache/apptainer APPTAINER_TMPDIR=$TMPDIR SINGULARITY_CACHEDIR=$cache/apptainer SINGULARITY_TMPDIR=$TMPDIR
  "$program" pull --force "$image.part" "$what" 2>&1 || exit 1
  mv -f "$image.part" "$image" && printf '%s\\n' "$what" >"$image.built" || exit 1
fi
rm -rf "$cache"
echo "fl sizeKb $(du -sk "$image" | cut -f1)"
echo "fl built $image"
`,
};

export function installScript({ method }: SetupPlan): string {
  return prelude + scripts[method];
}

export function buildArguments({ directory, name, what, distribution, program }: SetupPlan): string[] {
  return [directory, name, what, distribution, program];
}

/** sh; the same arguments. Atomic: the name is never missing and never leads to half an environment. */
export const publishScript = `
[ -d "$1/$2.build" ] || exit 0
ln -sfn "$2.build" "$1/.$2.link" && mv -fT "$1/.$2.link" "$1/$2"
`;
