#!/usr/bin/env node
import { keepCompiled } from '../runtime/local/keep-compiled.ts';

keepCompiled();
const { start } = await import('../runtime/local/cli/start.ts');
process.exitCode = await start(process.argv.slice(2));
