import { PublishCommand } from '@aws-sdk/client-sns';
import type { SNSClient } from '@aws-sdk/client-sns';
import type { Notifier } from '../../handlers/ports.ts';
import { snsMessage } from './signed/sns-message.ts';

export interface SnsNotifierOptions {
  readonly client: SNSClient;
  readonly topicArn: string;
}

/** Tells people by a topic. */
export function createSnsNotifier({ client, topicArn }: SnsNotifierOptions): Notifier {
  return {
    async notify(notice) {
      const { subject, message } = snsMessage(notice);
      await client.send(
        new PublishCommand({ TopicArn: topicArn, Subject: subject, Message: message }),
      );
    },
  };
}
