// The site profiles that come with Fairlead. A new one: its file beside this one, and a line here.

import type { SiteProfile } from '../site-profile.ts';
import { curcAlpine } from './curc-alpine.ts';
import { tudCapella } from './tud-capella.ts';

export const builtInSites: readonly SiteProfile[] = [curcAlpine, tudCapella];
