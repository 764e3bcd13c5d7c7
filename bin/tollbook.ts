#!/usr/bin/env node
import { main } from '../runtime/local/cli/main.ts';

process.exitCode = await main(process.argv.slice(2));
