/** Who may be let in, by what the configuration calls their role. */
export type Role = 'metrics' | 'trigger' | 'viewer' | 'reviewer' | 'admin';

/** What a route asks of whoever comes. `nobody`: it tells nothing that would have to be kept. */
export type Need = 'nobody' | 'metrics' | 'trigger' | 'view' | 'review' | 'administer';

/** The only table of who may do what. */
export const MAY = {
  metrics: ['metrics'],
  trigger: ['trigger'],
  viewer: ['metrics', 'view'],
  reviewer: ['metrics', 'view', 'review'],
  admin: ['metrics', 'trigger', 'view', 'review', 'administer'],
} as const satisfies Record<Role, readonly Need[]>;

export const may = (role: Role, need: Need): boolean =>
  need === 'nobody' || (MAY[role] as readonly Need[]).includes(need);

/** Who asks. */
export interface Visitor {
  readonly name: string;
  readonly role: Role;
  /** `machine`: the loopback address of a page without users; whoever can reach it works on this machine. */
  readonly by: 'machine' | 'session' | 'token';
  /** What a form or script of ours sends back, so that no other site's page can act in a session's name. Undefined for tokens. */
  readonly formToken: string | undefined;
}
