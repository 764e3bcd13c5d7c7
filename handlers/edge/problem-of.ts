import { BadRequest } from '../../domain/dialects/problem.ts';
import type { Problem } from '../../domain/dialects/problem.ts';
import { AdministrationRefused } from '../admin/administration.ts';
import { OperatorRefused } from '../admin/operators.ts';
import { ApiRefused } from './api-exchange.ts';
import { CallFailed, CallRefused } from '../invoke/call-errors.ts';
import { KeyRefused } from '../admin/issue-key.ts';
import { RecordConflict } from '../ports.ts';
import { DocumentError } from '../invoke/tenant-documents.ts';

/** What a caller is told of an error of ours: nothing of the error itself. */
export const INTERNAL: Problem = {
  status: 500,
  message: 'internal error: the call was not answered',
  code: 'internal_error',
  field: null,
};

/** What a caller is told of an error; undefined for errors that are ours, not the caller's. */
export function problemOf(error: unknown): Problem | undefined {
  if (error instanceof ApiRefused || error instanceof CallRefused) return error.problem;
  if (error instanceof BadRequest) {
    return { status: 400, message: error.message, code: null, field: error.field };
  }
  if (error instanceof CallFailed) {
    const { status, message } = error;
    return { status, message, code: status === 429 ? 'rate_limit_exceeded' : null, field: null };
  }
  return administrationProblem(error);
}

function administrationProblem(error: unknown): Problem | undefined {
  const problem = (status: number, code: string) => ({
    ...{ status, message: (error as Error).message, code, field: null },
  });
  if (error instanceof AdministrationRefused || error instanceof OperatorRefused) {
    return error.missing ? problem(404, 'not_found') : problem(400, 'invalid_request');
  }
  if (error instanceof KeyRefused) {
    return error.conflict ? problem(409, 'conflict') : problem(400, 'invalid_request');
  }
  if (error instanceof DocumentError) return problem(400, 'invalid_document');
  return error instanceof RecordConflict ? problem(409, 'conflict') : undefined;
}
