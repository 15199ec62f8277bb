// The site profiles that come with Fairlead. A new profile is a file beside this one and two lines here.

import type { SiteProfile } from '../site-profile.ts';
import { curcAlpine } from './curc-alpine.ts';
import { tudCapella } from './tud-capella.ts';

export const builtInSites: readonly SiteProfile[] = [curcAlpine, tudCapella];
