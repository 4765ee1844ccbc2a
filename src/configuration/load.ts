import { isNode, LineCounter, parseDocument } from 'yaml';
import { fail, ok, type Result } from '../domain/index.js';
import { problemsOf, type ConfigurationProblem } from './problems.js';
import { configurationSchema, type Configuration } from './schema.js';

/**
 * Reads the text of a configuration file. All problems at once, each with its line.
 */
export function readConfiguration(text: string): Result<Configuration, readonly ConfigurationProblem[]> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0)
    return fail(
      document.errors.map((error) => ({
        line: lines.linePos(error.pos[0]).line,
        path: '',
        says: `is no valid YAML: ${error.message}`,
      })),
    );
  if (!isNode(document.contents)) return fail([{ line: undefined, path: '', says: 'the file is empty' }]);
  const parsed = configurationSchema.safeParse(document.toJS(), { reportInput: true });
  return parsed.success ? ok(parsed.data) : fail(problemsOf(parsed.error.issues, document, lines));
}
