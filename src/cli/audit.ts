import { verifyAuditTrail } from '../operations/index.js';
import { auditFile } from './audit-file.js';
import { loadConfiguration } from './configured-world.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import { ended } from './run.js';
import type { Terminal } from './terminal.js';

/** `caliper audit verify`: whether every line of the audit trail is as it was written, in its order, with none missing between. */
export async function auditVerify(
  options: {
    readonly config: string | undefined;
    readonly file: string | undefined;
    /** A head that was noted before: must occur. */
    readonly head: string | undefined;
    readonly json: boolean;
  },
  terminal: Terminal,
): Promise<ExitCode> {
  let { file } = options;
  if (file === undefined) {
    if (options.config === undefined) {
      terminal.err('name the trail with --file, or its configuration with --config');
      return EXIT.usage;
    }
    const configuration = await loadConfiguration(options.config);
    if (!configuration.ok) return ended(configuration.error, terminal);
    file = auditFile(configuration.value, options.config);
  }
  const verified = await verifyAuditTrail(file, options.head);
  if (!verified.ok) {
    terminal.err(verified.error);
    return EXIT.usage;
  }
  const verdict = verified.value;
  if (options.json) terminal.out(JSON.stringify({ file, ...verdict }));
  else if (verdict.kind === 'whole') {
    terminal.out(
      `${file}: ${verdict.lines} lines, whole${verdict.last === undefined ? '' : `; the last of ${verdict.last}`}`,
    );
    terminal.out(`head: ${verdict.head}`);
    terminal.err(
      'a trail that is cut short at its end is whole too: note the head elsewhere, and give it with --head next time',
    );
  } else terminal.out(`${file}:${verdict.line}: ${verdict.says}; the ${verdict.intact} lines before are intact`);
  return verdict.kind === 'whole' ? EXIT.done : EXIT.someFailed;
}
