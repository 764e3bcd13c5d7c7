import { jest } from '@jest/globals';
import { stderrNotifier } from '../../../runtime/local/stderr-notifier.ts';
import { describeNotifier } from '../../contract/notifier.ts';

describeNotifier('standard error', () => {
  const told: string[] = [];
  const write = jest.spyOn(process.stderr, 'write').mockImplementation((text) => {
    told.push(String(text));
    return true;
  });
  return {
    notifier: stderrNotifier,
    told: () => Promise.resolve(told),
    close: () => {
      write.mockRestore();
    },
  };
});
