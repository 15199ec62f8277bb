// The one route that the agent answers itself: the metrics page. It is answered in every phase, and counts for nothing in flight.

import type { ApiRoute } from '@fairlead/openai-wire';

export const metricsRoute: ApiRoute = { method: 'GET', path: '/metrics' };
