import { z } from 'zod';
import { MAY, type Need, type Role } from '../access/needs.js';
import type { Route } from '../route.js';
import { PROBLEM } from './api-schemas.js';

/** The OpenAPI document (3.1) of the API's rows: the schemas in it are those that check what comes in. */
export function openApiDocument(routes: readonly Route[], softwareVersion: string): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes) {
    const path = route.path.replace(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method]: operation(route) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Caliper',
      version: softwareVersion,
      description:
        'Not a medical device. Answers that name reports and studies are for signed-in people and programs only.',
    },
    paths,
    components: {
      schemas: { Problem: schemaOf(PROBLEM, 'output') },
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer' },
        session: { type: 'apiKey', in: 'cookie', name: '__Host-caliper' },
      },
    },
    security: [{ token: [] }, { session: [] }],
  };
}

function operation({ path, method, says, needs, query, body, answers }: Route): object {
  return {
    operationId: `${method} ${path}`.replace(/\W+/g, '-').replace(/^-|-$/g, ''),
    summary: says,
    description: `Roles: ${rolesThatMay(needs).join(', ')}.`,
    parameters: [...pathParameters(path), ...(query ? queryParameters(query) : [])],
    ...(body ? { requestBody: { required: true, content: json(schemaOf(body, 'input')) } } : {}),
    responses: {
      ...(answers
        ? { [answers.status]: { description: 'Done.', content: json(schemaOf(answers.schema, 'output')) } }
        : {}),
      default: {
        description: 'Not done.',
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    },
  };
}

const rolesThatMay = (need: Need): readonly string[] =>
  (Object.keys(MAY) as Role[]).filter((role) => (MAY[role] as readonly Need[]).includes(need));

const PARAMETERS: Readonly<Record<string, object>> = {
  report: { type: 'string', pattern: '^r-[1-9][0-9]{0,14}$' },
  number: { type: 'integer', minimum: 1, description: 'Place of the measurement in the report.' },
  role: { type: 'string', enum: ['source', 'destination'] },
  name: { type: 'string', description: 'Name of the archive in the configuration.' },
};

const pathParameters = (path: string): object[] =>
  [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: PARAMETERS[name!] ?? { type: 'string' },
  }));

function queryParameters(query: z.ZodObject): object[] {
  const { properties = {} } = schemaOf(query, 'input') as { properties?: Record<string, object> };
  return Object.entries(properties).map(([name, schema]) => ({ name, in: 'query', required: false, schema }));
}

const json = (schema: object) => ({ 'application/json': { schema } });

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): object {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return rest;
}
