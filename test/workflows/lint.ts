import aslValidator from 'asl-validator';
import { getLanguageService, TextDocument } from 'amazon-states-language-service';

/** What a linter has against a definition. */
export interface Finding {
  readonly linter: 'asl-validator' | 'amazon-states-language-service';
  readonly message: string;
}

/**
 * Asks both linters about a definition; neither finds everything the other does. Placeholders such
 * as `${RateWindow}` become function ARNs first, as deployment makes them.
 */
export async function lint(definition: unknown): Promise<Finding[]> {
  const text = JSON.stringify(definition, null, 2).replace(
    /\$\{(\w+)\}/g,
    'arn:aws:lambda:eu-central-1:123456789012:function:$1',
  );
  return [...validate(text), ...(await inspect(text))];
}

function validate(text: string): Finding[] {
  // it writes into what it is given, hence a copy of its own
  const { errors } = aslValidator(JSON.parse(text));
  return errors.map((error) => ({
    linter: 'asl-validator' as const,
    message: `${error['Error code']}: ${error.Message}`,
  }));
}

async function inspect(text: string): Promise<Finding[]> {
  const service = getLanguageService({});
  const document = TextDocument.create('file:///definition.asl.json', 'asl', 1, text);
  const findings = await service.doValidation(document, service.parseJSONDocument(document));
  return findings.map(({ message, range }) => ({
    linter: 'amazon-states-language-service' as const,
    message: `line ${range.start.line + 1}: ${typeof message === 'string' ? message : message.value}`,
  }));
}
