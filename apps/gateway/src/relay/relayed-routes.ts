// The routes that go to an instance, chosen by the `model` in their JSON body. An instance refuses those that its engine does not have.

import { type ApiRoute, createRouteTable, modelRoute } from '@fairlead/openai-wire';

/** `generates`: each token of the answer costs; `usageOnDemand`: its stream tells the usage only where `stream_options` ask for it. */
interface RelayedRoute extends ApiRoute {
  generates?: true;
  usageOnDemand?: true;
  /** Its body is a form, with a file. */
  takesForm?: true;
}

const relayed: readonly RelayedRoute[] = [
  { method: 'POST', path: '/v1/chat/completions', generates: true, usageOnDemand: true },
  { method: 'POST', path: '/v1/completions', generates: true, usageOnDemand: true },
  { method: 'POST', path: '/v1/responses', generates: true },
  { method: 'POST', path: '/v1/messages', generates: true },
  { method: 'POST', path: '/v1/messages/count_tokens' },
  { method: 'POST', path: '/v1/audio/transcriptions', generates: true, takesForm: true },
  { method: 'POST', path: '/v1/audio/translations', generates: true, takesForm: true },
  { method: 'POST', path: '/v1/embeddings' },
  { method: 'POST', path: '/v1/rerank' },
  { method: 'POST', path: '/rerank' },
  { method: 'POST', path: '/v1/score' },
  { method: 'POST', path: '/score' },
  { method: 'POST', path: '/pooling' },
  { method: 'POST', path: '/classify' },
  { method: 'POST', path: '/tokenize' },
  { method: 'POST', path: '/detokenize' },
];

export const modelListRoute: ApiRoute = { method: 'GET', path: '/v1/models' };
/** What is left of the limits of the key that asks. */
export const usageRoute: ApiRoute = { method: 'GET', path: '/v1/usage' };
/** For load balancers: answered without a key. */
export const healthRoute: ApiRoute = { method: 'GET', path: '/health' };

/** Those that the gateway answers itself are among them. */
export const gatewayRoutes = createRouteTable([...relayed, modelListRoute, modelRoute, usageRoute, healthRoute]);

export function isGenerating(route: ApiRoute): boolean {
  return (route as RelayedRoute).generates === true;
}

export function takesForm(route: ApiRoute): boolean {
  return (route as RelayedRoute).takesForm === true;
}

export function tellsUsageOnDemand(route: ApiRoute): boolean {
  return (route as RelayedRoute).usageOnDemand === true;
}
