import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';

/**
 * Passwords are kept as `scrypt:N:r:p:salt:key` (base64url). 32 MiB and three passes a try; the bound on memory is given to scrypt, and no more
 * than two tries run at a time, so that a flood of sign-ins cannot take the daemon's memory.
 */
const COST = { N: 32_768, r: 8, p: 3 } as const;
const KEY_BYTES = 32;
const AT_A_TIME = 2;
const MOST_WAITING = 8;

/** What `caliper password` prints. */
export async function hashedPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const key = await derived(password, salt, COST);
  return ['scrypt', COST.N, COST.r, COST.p, salt.toString('base64url'), key.toString('base64url')].join(':');
}

interface StoredPassword {
  readonly cost: { readonly N: number; readonly r: number; readonly p: number };
  readonly salt: Buffer;
  readonly key: Buffer;
}

/** Undefined where the text is not what `hashedPassword` made. Costs beyond eight times ours are refused: they would be a way to stop us. */
export function storedPassword(text: string): StoredPassword | undefined {
  const found = /^scrypt:(\d{4,7}):(\d{1,2}):(\d{1,2}):([\w-]{22,}):([\w-]{43})$/.exec(text.trim());
  if (!found) return undefined;
  const [N, r, p] = [Number(found[1]), Number(found[2]), Number(found[3])];
  if ((N & (N - 1)) !== 0 || N > 8 * COST.N || r < 1 || r > 16 || p < 1 || p > 16) return undefined;
  return { cost: { N, r, p }, salt: Buffer.from(found[4]!, 'base64url'), key: Buffer.from(found[5]!, 'base64url') };
}

/** Compared with when nobody has the name that was given: that takes as long as a wrong password. */
const NOBODY: StoredPassword = { cost: COST, salt: Buffer.alloc(16, 7), key: Buffer.alloc(KEY_BYTES) };

let running = 0;
const waiting: (() => void)[] = [];

/** `busy`: too many tries at once; nothing was compared. */
export async function passwordFits(
  password: string,
  stored: StoredPassword | undefined,
): Promise<'fits' | 'does-not-fit' | 'busy'> {
  if (running >= AT_A_TIME) {
    if (waiting.length >= MOST_WAITING) return 'busy';
    await new Promise<void>((go) => waiting.push(go));
  }
  running++;
  try {
    const { cost, salt, key } = stored ?? NOBODY;
    const fits = timingSafeEqual(await derived(password, salt, cost), key);
    return fits && stored !== undefined ? 'fits' : 'does-not-fit';
  } finally {
    running--;
    waiting.shift()?.();
  }
}

const derived = (password: string, salt: Buffer, { N, r, p }: StoredPassword['cost']): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    scrypt(
      password.normalize('NFC'),
      salt,
      KEY_BYTES,
      { N, r, p, maxmem: 128 * N * r + 128 * r * p + (1 << 20) },
      (error, key) => (error ? reject(error) : resolve(key)),
    );
  });
