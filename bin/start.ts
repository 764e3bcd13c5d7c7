#!/usr/bin/env node
import { start } from '../runtime/local/cli/start.ts';

process.exitCode = await start(process.argv.slice(2));
