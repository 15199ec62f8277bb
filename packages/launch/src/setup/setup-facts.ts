// What the host that builds has: installers, Pythons, and directories with room. Asked by one script; read here.

export interface SetupFacts {
  home: string;
  uv?: string;
  apptainer?: string;
  pythons: { version: string; path: string }[];
  /** That can be written, the configured one first, then scratch and project file systems, the home last. */
  folders: { path: string; freeKb: number }[];
}

/** Bash. Argument: the configured directory, or ''; it is made where it is missing. */
export const setupFactsScript = `
if [ -n "$1" ]; then mkdir -p "$1"; fi
user=$(id -un)
echo "fl home $HOME"
echo "fl uv $(command -v uv)"
echo "fl apptainer $(command -v apptainer || command -v singularity)"
for name in python3.12 python3.13 python3.11 python3.10 python3; do
  path=$(command -v "$name") || continue
  version=$("$path" -c 'import sys, ensurepip, venv; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) && echo "fl python $version $path"
done
for folder in "$1" "$SCRATCH" "$WORK" "$PROJECT" "/scratch/$user" "/work/$user" "/project/$user" "$HOME"; do
  [ -n "$folder" ] && [ -d "$folder" ] && [ -w "$folder" ] || continue
  echo "fl folder $(df -Pk "$folder" | awk 'NR==2{print $4}') $folder"
done
echo 'fl end'
`;

/** Undefined where the script did not come to its end. */
export function parseSetupFacts(stdout: string): SetupFacts | undefined {
  const facts: SetupFacts = { home: '', pythons: [], folders: [] };
  let isWhole = false;
  for (const line of stdout.split('\n')) {
    const [, what = '', rest = ''] = /^fl (\w+) ?(.*)$/.exec(line) ?? [];
    const [first = '', ...others] = rest.split(' ');
    const path = others.join(' ');
    if (what === 'home') facts.home = rest;
    else if (what === 'uv' && rest.startsWith('/')) facts.uv = rest;
    else if (what === 'apptainer' && rest.startsWith('/')) facts.apptainer = rest;
    else if (what === 'python') facts.pythons.push({ version: first, path });
    else if (what === 'folder') facts.folders.push({ path, freeKb: Number(first) });
    else if (what === 'end') isWhole = true;
  }
  return isWhole ? facts : undefined;
}
