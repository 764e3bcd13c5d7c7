#!/usr/bin/env node
import { runVerify } from '../runtime/local/ledger/verify-command.ts';

process.exitCode = await runVerify(process.argv.slice(2));
