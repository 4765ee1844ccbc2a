/**
 * Whether an identifier that was read somewhere can stand in a path. Malformed UIDs occur (letters, leading zeros) and may be asked for; what
 * would lead to another path than meant may not.
 */
export const isPathIdentifier = (text: string): boolean => /^[0-9A-Za-z._-]{1,64}$/.test(text) && !/^\.+$/.test(text);
