import { spawn } from 'node:child_process';
import { ensureBuild, ensureNodePackages, root } from './node-packages.mjs';

/**
 * `npm run demo` and `npm run caliper`: installs and compiles what is missing, then runs the command. Signals go to it and its exit code is
 * ours, so Ctrl-C means the same as without us.
 */
ensureNodePackages();
ensureBuild();
const child = spawn(process.execPath, [`${root}dist/cli/main.js`, ...process.argv.slice(2)], { stdio: 'inherit' });
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)));
