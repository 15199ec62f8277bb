// How a person types this program's name, for texts that say what to run next: it depends on how it was installed.

export function commandName(env: Record<string, string | undefined>, source: string = import.meta.url): string {
  if (source.endsWith('.ts')) return 'npx pnpm@12 cli';
  return env['npm_command'] === 'exec' ? 'npx @fairlead/cli' : 'fairlead';
}
