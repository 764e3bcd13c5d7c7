import { describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { CreateTopicCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { createSnsNotifier } from '../../runtime/aws/sns-notifier.ts';
import { describeNotifier } from '../contract/notifier.ts';
import { standIn } from './stand-ins/clients.ts';

interface Delivery {
  readonly Subject: string;
  readonly Message: string;
}

/** A topic with a queue that takes what people would get by mail. */
async function openTopic() {
  const [sns, sqs] = [new SNSClient(standIn('moto')), new SQSClient(standIn('moto'))];
  const name = `test-${randomBytes(6).toString('hex')}`;
  const { TopicArn: topicArn = '' } = await sns.send(new CreateTopicCommand({ Name: name }));
  const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName: name }));
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }),
  );
  const Endpoint = Attributes?.QueueArn ?? '';
  await sns.send(new SubscribeCommand({ TopicArn: topicArn, Protocol: 'sqs', Endpoint }));

  async function deliveries(): Promise<Delivery[]> {
    const all: Delivery[] = [];
    for (;;) {
      const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl }));
      if (Messages.length === 0) return all;
      for (const { Body = '', ReceiptHandle } of Messages) {
        all.push(JSON.parse(Body) as Delivery);
        await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
      }
    }
  }

  return {
    notifier: createSnsNotifier({ client: sns, topicArn }),
    deliveries,
    told: async () => (await deliveries()).map(({ Message }) => Message),
    close: () => {
      sns.destroy();
      sqs.destroy();
    },
  };
}

describeNotifier('SNS', openTopic);

describe('the subject of a mail', () => {
  it.each([
    ['metering stopped: X', 'metering stopped: X'],
    ['two\nlines\tand more', 'two lines and more'],
    ['Kürzel \u{1f600} fehlt', 'K rzel   fehlt'],
    ['x'.repeat(300), 'x'.repeat(99)],
    ['', 'Tollbook'],
    ['\u{1f600}', 'Tollbook'],
  ])('is of %j what SNS takes: %j', async (subject, line) => {
    const { notifier, deliveries, close } = await openTopic();

    await notifier.notify({ subject, body: 'body' });

    expect((await deliveries()).map(({ Subject }) => Subject)).toEqual([line]);
    close();
  });
});

describe('a message that SNS has no room for', () => {
  it.each([
    ['x', 'x'],
    ['characters of three bytes', '\u20ac'],
    ['characters of four bytes', '\u{1f600}'],
  ])('is cut between characters: %s', async (_, character) => {
    const { notifier, told, close } = await openTopic();

    await notifier.notify({ subject: 's', body: character.repeat(300_000) });

    const [message = ''] = await told();
    expect(Buffer.byteLength(message)).toBeLessThanOrEqual(262_144);
    expect(Buffer.byteLength(message)).toBeGreaterThan(262_130);
    expect(message).toMatch(new RegExp(`^s\n\n(${character})+…$`, 'u'));
    close();
  });

  it('fails where the topic is gone: nobody must believe that people know', async () => {
    const client = new SNSClient(standIn('moto'));
    const topicArn = 'arn:aws:sns:us-east-1:123456789012:none';

    await expect(
      createSnsNotifier({ client, topicArn }).notify({ subject: 's', body: 'b' }),
    ).rejects.toThrow();
    client.destroy();
  });
});
