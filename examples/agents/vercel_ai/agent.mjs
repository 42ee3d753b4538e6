// The Vercel AI SDK with its Amazon Bedrock provider, streamed. Prompts come on standard input, a line each.
import { createAmazonBedrock } from '@ai-sdk/amazon-bedrock';
import { stepCountIs, streamText, tool } from 'ai';
import { readFileSync } from 'node:fs';
import { z } from 'zod';

const bedrock = createAmazonBedrock({ baseURL: process.env.AWS_ENDPOINT_URL_BEDROCK_RUNTIME });
const model = bedrock(process.env.FAULTLINE_MODEL ?? 'anthropic.claude-sonnet-4-5-20250929-v1:0');

const tools = {
  lookup_parcel: tool({
    description: 'Where a parcel is, by the number on it.',
    inputSchema: z.object({ parcel_id: z.string() }),
    execute: async ({ parcel_id }) => `Parcel ${parcel_id} is in the depot.`,
  }),
  convert_length: tool({
    description: 'Converts a length in metres to feet.',
    inputSchema: z.object({ metres: z.number() }),
    execute: async ({ metres }) => `${(metres * 3.28084).toFixed(2)} feet`,
  }),
};

const messages = [];

async function ask(prompt) {
  messages.push({ role: 'user', content: prompt });
  const answer = streamText({ model, messages, tools, stopWhen: stepCountIs(20), onError() {} });
  for await (const part of answer.fullStream) {
    if (part.type === 'error') throw part.error;
  }
  messages.push(...(await answer.response).messages);
  return answer.text;
}

for (const prompt of readFileSync(0, 'utf8').split('\n').filter(Boolean)) {
  try {
    console.log(await ask(prompt));
  } catch (error) {
    console.error(error);
    process.exitCode = 1;
  }
}
