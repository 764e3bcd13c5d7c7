/** The same text in memory of its own: a part of a large text, kept, keeps all of it. */
export function ownText(text: string): string {
  return JSON.parse(JSON.stringify(text)) as string;
}
