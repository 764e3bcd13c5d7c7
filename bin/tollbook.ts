#!/usr/bin/env node
import { keepCompiled } from '../runtime/local/keep-compiled.ts';

keepCompiled();
const { main } = await import('../runtime/local/cli/main.ts');
process.exitCode = await main(process.argv.slice(2));
