import type { Role } from '../../src/operations/access/needs.js';

export const ROLES = ['metrics', 'trigger', 'viewer', 'reviewer', 'admin'] as const satisfies readonly Role[];

/**
 * What each role may do, written down a second time and by hand: a route that is added without a row here fails, and so does one whose need is changed.
 */
export const EXPECTED: Readonly<Record<string, readonly (Role | 'nobody')[]>> = {
  'get /style.css': ['nobody', ...ROLES],
  'get /page.js': ['nobody', ...ROLES],
  'get /icon.svg': ['nobody', ...ROLES],
  'get /healthz': ['nobody', ...ROLES],
  'get /readyz': ['nobody', ...ROLES],
  'get /sign-in': ['nobody', ...ROLES],
  'post /sign-in': ['nobody', ...ROLES],
  'get /sign-in/issuer': ['nobody', ...ROLES],
  'get /sign-in/returned': ['nobody', ...ROLES],
  'get /metrics': ['metrics', 'viewer', 'reviewer', 'admin'],
  'post /sign-out': ['viewer', 'reviewer', 'admin'],
  'get /live': ['viewer', 'reviewer', 'admin'],
  'get /': ['viewer', 'reviewer', 'admin'],
  'get /worklist': ['viewer', 'reviewer', 'admin'],
  'get /reports/:report': ['viewer', 'reviewer', 'admin'],
  'get /reports/:report/measurements/:number.png': ['viewer', 'reviewer', 'admin'],
  'get /reports/:report/measurements/:number/slice': ['viewer', 'reviewer', 'admin'],
  'post /reports/:report/measurements/:number/choice': ['reviewer', 'admin'],
  'post /reports/:report/replay': ['admin'],
  'post /roles/:role/:name/pause': ['admin'],
  'post /roles/:role/:name/resume': ['admin'],
  'get /api/v1/openapi.json': ['viewer', 'reviewer', 'admin'],
  'get /api/v1/status': ['viewer', 'reviewer', 'admin'],
  'get /api/v1/reports': ['viewer', 'reviewer', 'admin'],
  'get /api/v1/reports/:report': ['viewer', 'reviewer', 'admin'],
  'get /api/v1/reports/:report/measurements/:number/contours': ['reviewer', 'admin'],
  'post /api/v1/reports/:report/measurements/:number/choice': ['reviewer', 'admin'],
  'post /api/v1/replay': ['admin'],
  'get /api/v1/objects': ['viewer', 'reviewer', 'admin'],
  'get /api/v1/roles': ['viewer', 'reviewer', 'admin'],
  'post /api/v1/roles/:role/:name/pause': ['admin'],
  'post /api/v1/roles/:role/:name/resume': ['admin'],
  'post /api/v1/references': ['trigger', 'admin'],
};
