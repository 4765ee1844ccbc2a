import { readFile } from 'node:fs/promises';
import { ifThere } from '../dataset/index.js';
import { writeDurably } from './durable-files.js';
import type { IdentityEntry } from './entries.js';
import type { Pseudonyms } from './pseudonyms.js';

/**
 * Who was ever harvested with this key, in pseudonyms only. A node is a PatientID with its issuer, a study, or a lesion; the nodes of a patient name the
 * founder of their component and the harvest in which it was met.
 */
export interface PatientRegistry {
  readonly format: 'caliper-patients/1';
  /** How many harvests were entered. */
  readonly harvests: number;
  readonly nodes: Readonly<Record<string, readonly [founder: string, since: number]>>;
  /** Nodes of a PatientID whatever its issuer. */
  readonly ids: Readonly<Record<string, readonly string[]>>;
}

const NOBODY: PatientRegistry = { format: 'caliper-patients/1', harvests: 0, nodes: {}, ids: {} };

export async function readRegistry(path: string): Promise<PatientRegistry> {
  const text = await ifThere(readFile(path, 'utf8'));
  return text === undefined ? NOBODY : (JSON.parse(text) as PatientRegistry);
}

export const writeRegistry = (path: string, registry: PatientRegistry): Promise<void> =>
  writeDurably(path, `${JSON.stringify(registry)}\n`);

export type Split = 'train' | 'val' | 'test';

/** One patient: everything that is tied together by an identifier, a study or a lesion. */
export interface Patient {
  readonly pseudonym: string;
  readonly split: Split;
  /** Days by which every date is moved into the past. */
  readonly shiftDays: number;
  readonly isWithdrawn: boolean;
}

export interface Patients {
  patientOf(identity: IdentityEntry): Patient;
  readonly withdrawn: readonly string[];
  readonly registry: PatientRegistry;
}

/** 70, 15 and 15 of a hundred, as in DeepLesion. */
const TRAIN = 0.7;
const VALIDATION = 0.85;
/** Dates move by one to so many days. */
const LONGEST_SHIFT = 365;

const node = {
  patient: (pseudonym: string) => `p${pseudonym}`,
  study: (pseudonym: string) => `s${pseudonym}`,
  lesion: (pseudonym: string) => `l${pseudonym}`,
};

const nodesOf = ({ patient, study, lesionUid }: IdentityEntry): readonly string[] => [
  ...(patient === null ? [] : [node.patient(patient)]),
  node.study(study),
  ...(lesionUid === null ? [] : [node.lesion(lesionUid)]),
];

/**
 * Finds the patients among rows and all that the registry knows. A component that was met before keeps its founder, and with it pseudonym, split and date
 * shift; where two such are merged the older founder wins, the smaller of two equally old.
 */
export function patientsAmong(
  identities: readonly IdentityEntry[],
  before: PatientRegistry,
  names: Pseudonyms,
  withdrawn: readonly string[],
): Patients {
  const components = new Components();
  for (const [of, [founder]] of Object.entries(before.nodes)) components.join(founder, of);
  for (const identity of identities) {
    const [first, ...others] = nodesOf(identity);
    components.join(first!, first!);
    for (const other of others) components.join(first!, other);
  }

  const founders = new Map<string, Founder>();
  const consider = (founder: Founder) => {
    const root = components.rootOf(founder.node);
    const other = founders.get(root);
    if (!other || isOlder(founder, other)) founders.set(root, founder);
  };
  for (const [founder, since] of Object.values(before.nodes)) consider({ node: founder, since });
  const since = before.harvests + 1;
  for (const one of [...components.nodes()].sort()) consider({ node: one, since });

  const ids = new Map(Object.entries(before.ids).map(([id, nodes]) => [id, new Set(nodes)]));
  for (const { patient, patientAnyIssuer } of identities)
    if (patient !== null && patientAnyIssuer !== null)
      ids.set(patientAnyIssuer, (ids.get(patientAnyIssuer) ?? new Set()).add(node.patient(patient)));

  const pseudonymOf = (founder: string) => names.of('patient', founder);
  const asked = new Set(withdrawn);
  const gone = new Set<string>();
  for (const line of withdrawn) {
    const [id, issuer] = line.normalize('NFC').split('|') as [string, string | undefined];
    const nodes =
      issuer === undefined
        ? [...(ids.get(names.of('patient-id-any-issuer', id, 24)) ?? [])]
        : [node.patient(names.of('patient-id', `${id}\n${issuer}`, 24))];
    for (const one of nodes) if (components.has(one)) gone.add(components.rootOf(one));
  }
  // a pseudonym of an earlier set may be that of a founder who lost to an older one
  if (withdrawn.some((line) => /^[0-9a-f]{16}$/.test(line)))
    for (const one of components.nodes()) if (asked.has(pseudonymOf(one))) gone.add(components.rootOf(one));

  const patients = new Map<string, Patient>();
  for (const [root, { node: founder }] of founders)
    patients.set(root, {
      pseudonym: pseudonymOf(founder),
      split: splitOf(names.share('split', founder)),
      shiftDays: 1 + Math.floor(names.share('date-shift', founder) * LONGEST_SHIFT),
      isWithdrawn: gone.has(root),
    });
  const everyNode = [...components.nodes()].sort();
  const isNew = everyNode.some((of) => before.nodes[of] === undefined);
  return {
    patientOf: (identity) => patients.get(components.rootOf(nodesOf(identity)[0]!))!,
    withdrawn: [...gone].map((root) => patients.get(root)!.pseudonym).sort(),
    registry: {
      format: 'caliper-patients/1',
      harvests: isNew ? since : before.harvests,
      nodes: Object.fromEntries(
        everyNode.map((of) => {
          const founder = founders.get(components.rootOf(of))!;
          return [of, [founder.node, founder.since] as const];
        }),
      ),
      ids: Object.fromEntries(
        [...ids].sort(([a], [b]) => (a < b ? -1 : 1)).map(([id, nodes]) => [id, [...nodes].sort()]),
      ),
    },
  };
}

interface Founder {
  readonly node: string;
  readonly since: number;
}

const isOlder = (a: Founder, b: Founder): boolean => a.since < b.since || (a.since === b.since && rank(a) < rank(b));
/** A patient's identifier founds rather than a study or a lesion. */
const rank = ({ node: of }: Founder): string => (of.startsWith('p') ? '0' : of.startsWith('s') ? '1' : '2') + of;

const splitOf = (share: number): Split => (share < TRAIN ? 'train' : share < VALIDATION ? 'val' : 'test');

/** Disjoint sets (Tarjan 1975), with path halving. */
class Components {
  readonly #parents = new Map<string, string>();

  nodes(): IterableIterator<string> {
    return this.#parents.keys();
  }

  has(of: string): boolean {
    return this.#parents.has(of);
  }

  rootOf(of: string): string {
    let at = of;
    for (;;) {
      const parent = this.#parents.get(at) ?? at;
      if (parent === at) return at;
      const above = this.#parents.get(parent) ?? parent;
      this.#parents.set(at, above);
      at = above;
    }
  }

  join(a: string, b: string): void {
    for (const one of [a, b]) if (!this.#parents.has(one)) this.#parents.set(one, one);
    const [into, from] = [this.rootOf(a), this.rootOf(b)];
    if (into !== from) this.#parents.set(from, into);
  }
}
