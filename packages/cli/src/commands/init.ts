// `fairlead init`: writes the configuration and prepares the bastion: gate, control, certificate, token. Safe to run again.

import { profilePath } from '@fairlead/client';

import { prepareBastion } from '../bastion/prepare-bastion.ts';
import { changedSettings, userConfigPath } from '../config/config-sources.ts';
import { checkConfig, loadConfig } from '../config/load-config.ts';
import { writeConfig } from '../config/write-config.ts';
import type { Context } from '../context.ts';
import { openSite } from '../site/open-site.ts';
import { answerQuestions, type InitArgs } from './init-questions.ts';

export async function runInit(args: InitArgs, context: Context): Promise<void> {
  const { output } = context;
  const loaded = await loadConfig(context);
  const answers = await answerQuestions(args, loaded.config, args.yes ? undefined : context.ask);
  const config = checkConfig(answers, 'these answers');
  const path = context.flags.config ?? userConfigPath(context.env, context.home);
  const changed = await writeConfig(path, changedSettings(loaded.config, config));
  output.event('config.written', { path, changed }, changed ? `wrote ${path}` : `${path} is as it should be`);

  const profileFile = profilePath(context.env, context.home);
  const prepared = await prepareBastion(config, profileFile, context);
  for (const [name, cluster] of Object.entries(config.clusters ?? {})) {
    await using site = await openSite({ name, config: cluster }, context);
    output.event(
      'cluster.reached',
      { cluster: name, host: site.host.label, node: site.host.facts.node },
      `${name}: reached ${site.host.label} as ${site.host.facts.user}`,
    );
  }
  output.result(
    { event: 'initialised', ok: true, config: path, profile: profileFile, bastion: prepared },
    `Ready. Try: fairlead deploy demo   (a simulated model, no GPU), then fairlead connect demo`,
  );
}
