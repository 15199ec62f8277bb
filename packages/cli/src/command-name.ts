// What to type for this very program, in texts that say how to go on: it depends on how it got here.

export function commandName(env: Record<string, string | undefined>, source: string = import.meta.url): string {
  if (source.endsWith('.ts')) return 'npx pnpm@12 cli';
  return env['npm_command'] === 'exec' ? 'npx @fairlead/cli' : 'fairlead';
}
