/** node bundle.mjs FOLDER ENTRY OUT node|browser: a script and what it imports from the packages of FOLDER, as one file. */
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';

const [folder, entry, out, platform] = process.argv.slice(2);
const { build } = createRequire(join(resolve(folder), 'package.json'))('esbuild');
await build({
  entryPoints: [entry],
  outfile: out,
  bundle: true,
  platform,
  format: 'esm',
  // packages are found from the entry upwards otherwise, and they do not lie there
  nodePaths: [join(resolve(folder), 'node_modules')],
  ...(platform === 'node'
    ? {
        banner: {
          js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);",
        },
      }
    : { define: { 'process.env.NODE_ENV': '"production"' }, external: ['fs', 'path'], loader: { '.wasm': 'file' } }),
  logLevel: 'error',
});
