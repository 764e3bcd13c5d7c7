import type { Notifier } from '../../../handlers/ports.ts';
import { OperationFailed } from './signed-fetch.ts';
import type { SendOperation } from './signed-fetch.ts';
import { snsMessage } from './sns-message.ts';

interface SignedNotifierOptions {
  readonly send: SendOperation;
  readonly topicArn: string;
}

/** Tells people by a topic, where the SDK's client of SNS would be too much: see `signed-fetch.ts`. */
export function createSignedNotifier({ send, topicArn }: SignedNotifierOptions): Notifier {
  return {
    async notify(notice) {
      const { subject, message } = snsMessage(notice);
      const form = new URLSearchParams({
        ...{ Action: 'Publish', Version: '2010-03-31' },
        ...{ TopicArn: topicArn, Subject: subject, Message: message },
      });
      const { status } = await send({
        ...{ operation: 'sns Publish', service: 'sns', method: 'POST', path: '/' },
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: form.toString(),
      });
      if (status !== 200) throw new OperationFailed(`sns Publish: got status ${status}`);
    },
  };
}
