import { GetInferenceProfileCommand } from '@aws-sdk/client-bedrock';
import type { BedrockClient } from '@aws-sdk/client-bedrock';
import type { Clock, ProfileResolver } from '../../handlers/ports.ts';
import { systemClock } from '../node/system.ts';
import { withPatience } from './patience.ts';

interface ProfileResolverOptions {
  readonly client: BedrockClient;
  readonly clock?: Pick<Clock, 'sleep'>;
}

/** A call waits for this: it is asked again twice, within half a second. */
const RETRIES = { firstMs: 100, attempts: 3 };

/** Asks Bedrock what an application inference profile stands for. */
export function createProfileResolver({
  client,
  clock = systemClock,
}: ProfileResolverOptions): ProfileResolver {
  return {
    async models(profileArn) {
      const command = new GetInferenceProfileCommand({ inferenceProfileIdentifier: profileArn });
      try {
        const profile = await withPatience({ clock, ...RETRIES }, () => client.send(command));
        return (profile.models ?? []).flatMap(({ modelArn }) => modelArn ?? []);
      } catch (error) {
        // Also for one of another account: nobody here can say what it stands for.
        if ((error as Error).name === 'ResourceNotFoundException') return undefined;
        throw error;
      }
    },
  };
}
