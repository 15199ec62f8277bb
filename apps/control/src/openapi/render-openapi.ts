// The OpenAPI 3.1 document of control's HTTP API, made from its route table and the protocol's schemas.

import { defined } from '@fairlead/kit';
import {
  controlHello,
  createDeployment,
  createInstance,
  deploymentView,
  endCause,
  endpointView,
  errorBody,
  eventView,
  instanceNode,
  instanceState,
  instanceView,
  jobObserved,
  load,
  protocolVersion,
  watchMessage,
  wireErrors,
  type WireErrorCode,
} from '@fairlead/protocol';
import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject } from 'zod-openapi';

import { type ControlRoute, routeTable } from './route-table.ts';

/** Named once, referred to everywhere. */
const schemas = {
  ControlHello: controlHello,
  CreateDeployment: createDeployment,
  CreateInstance: createInstance,
  Deployment: deploymentView,
  EndCause: endCause,
  Endpoint: endpointView,
  Error: errorBody,
  Event: eventView,
  Instance: instanceView,
  InstanceState: instanceState,
  Node: instanceNode,
  JobObserved: jobObserved,
  Load: load,
  WatchMessage: watchMessage,
};

const apiDescription = `Control answers over TLS, with a certificate of its own that is pinned, on the unix socket \`control.sock\` of the bastion account; nothing listens on TCP. Times are milliseconds since the epoch, by the bastion's clock. What is answered to a change is on disk.`;

export function renderOpenApi(): ReturnType<typeof createDocument> {
  return createDocument(
    {
      openapi: '3.1.0',
      info: {
        title: "Fairlead control's API",
        version: String(protocolVersion),
        description: apiDescription,
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      servers: [{ url: 'https://control', description: 'Through `control.sock` on the bastion.' }],
      security: [{ owner: [] }],
      paths: pathsOf(routeTable),
      components: {
        schemas,
        securitySchemes: {
          owner: { type: 'http', scheme: 'bearer', description: 'The owner token that `fairlead init` brought.' },
        },
      },
    },
    {
      outputIdSuffix: '',
      // A newer control may add fields: readers tolerate them.
      override: ({ jsonSchema }) => {
        if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
      },
    },
  );
}

function pathsOf(routes: readonly ControlRoute[]): ZodOpenApiPathsObject {
  const paths: ZodOpenApiPathsObject = {};
  for (const route of routes) paths[route.path] = { ...paths[route.path], [route.method]: operationOf(route) };
  return paths;
}

function operationOf(route: ControlRoute): ZodOpenApiOperationObject {
  const { summary, description, params, query, body, answers, open } = route;
  const operation: ZodOpenApiOperationObject = { operationId: operationId(route), summary, responses: {} };
  if (description !== undefined) operation.description = description;
  if (open) operation.security = [];
  if (params || query)
    operation.requestParams = {
      ...defined({ path: params }),
      ...(query ? { query: query as typeof params } : {}),
    };
  if (body) operation.requestBody = { required: true, content: { 'application/json': { schema: body } } };
  for (const [status, answer] of Object.entries(answers))
    operation.responses[status as '200'] = {
      description: answer.description,
      content: { [answer.contentType ?? 'application/json']: { schema: answer.schema } },
    };
  for (const [status, codes] of byStatus(errorsOf(route)))
    operation.responses[`${status}` as '400'] = {
      description: codes.map((code) => `\`${code}\`: ${wireErrors[code].cause}`).join(' '),
      content: { 'application/json': { schema: errorBody } },
    };
  return operation;
}

/** Those that are answered before and around every route, and its own. */
export function errorsOf({ open, params, query, body, errors = [], upgrade }: ControlRoute): WireErrorCode[] {
  if (open) return [];
  const reads = params ?? query ?? body;
  const around: WireErrorCode[] = ['unauthorized', 'forbidden', ...(upgrade ? [] : (['internal'] as const))];
  return [...(reads ? (['bad_request'] as const) : []), ...around, ...errors];
}

function byStatus(codes: readonly WireErrorCode[]): Map<number, WireErrorCode[]> {
  return Map.groupBy(
    codes.toSorted((a, b) => wireErrors[a].status - wireErrors[b].status),
    (code) => wireErrors[code].status,
  );
}

function operationId({ method, path }: ControlRoute): string {
  const words = path
    .replace('/v1/', '/')
    .split('/')
    .filter((part) => part !== '')
    .map((part) => part.replaceAll(/[{}]/g, ''));
  return [method, ...words.map((word) => word[0]!.toUpperCase() + word.slice(1))].join('');
}
