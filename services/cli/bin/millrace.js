#!/usr/bin/env node
// Runs the compiled CLI on a Node that is new enough: this one, or the one that the package brings along.
// Plain JavaScript for old Nodes (package.json says from which on it starts); everything else is TypeScript.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');
const main = join(root, 'dist', 'services', 'cli', 'src', 'main.js');

function isNewEnough() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  return major > 22 || (major === 22 && minor >= 15);
}

function broughtNode() {
  try {
    const name = `node-${process.platform}-${process.arch}`;
    return join(
      dirname(createRequire(import.meta.url).resolve(`${name}/package.json`)),
      'bin',
      'node',
    );
  } catch {
    return undefined;
  }
}

function runOn(node) {
  // By the name that it was called by: hints are written with it.
  const child = spawn(node, process.argv.slice(1), { stdio: 'inherit' });
  // Ctrl-C reaches the child by the terminal; this process only waits for its answer.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    });
  }
  child.on('exit', (code, signal) => process.exit(signal ? 128 + constants.signals[signal] : code));
}

function fail(message) {
  process.stderr.write(`error: ${message}\n`);
  process.exit(3);
}

const node = isNewEnough() ? undefined : broughtNode();
if (!isNewEnough() && !(node && existsSync(node))) {
  fail(
    `millrace needs Node 22.15 or newer, this is ${process.versions.node}; the one that it brings is not there: npm left it out (--omit=optional) or could not fetch it. Install Millrace again as you did, or a newer Node`,
  );
} else if (node) runOn(node);
else if (existsSync(main)) await import(pathToFileURL(main).href);
else fail('millrace is not built yet: run `npm run build`');
