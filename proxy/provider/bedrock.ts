/** AWS Bedrock: the AWS SDK signs and builds the request, our transport sends it, our reader reads the answer. */
import type { BedrockRuntimeClient } from "@aws-sdk/client-bedrock-runtime";
import { claudeContinues } from "./anthropic-request.ts";
import { loadAwsFrames } from "./aws-frames.ts";
import type { AwsFrame } from "./aws-frames.ts";
import { bedrockConverseDecoder } from "./bedrock-converse-decoder.ts";
import { bedrockClient } from "./bedrock-client.ts";
import type { BedrockServer, CallOptions } from "./bedrock-client.ts";
import { bedrockInvokeDecoder } from "./bedrock-invoke-decoder.ts";
import { invokeBody } from "./bedrock-invoke-request.ts";
import { converseInput } from "./bedrock-request.ts";
import { continuation, trimmedLead } from "./continuation.ts";
import { converseReply } from "./converse-reply.ts";
import type { Framing } from "./frames.ts";
import { mintCallId } from "./provider-message.ts";
import type { ProviderCall, WireFormat } from "./provider-call.ts";

/** What AWS says of a model, or of a model with tools, that has no stream. */
const NO_STREAM = /support\w*\b.{0,60}\bstream/i;

export function bedrock(name: string, server: BedrockServer, api: "converse" | "invoke"): WireFormat<AwsFrame> {
  const clients = new Map<string | null, Promise<BedrockRuntimeClient>>();
  const clientFor = (key: string | null): Promise<BedrockRuntimeClient> => {
    const known = clients.get(key) ?? bedrockClient(server, key);
    clients.set(key, known);
    return known;
  };
  let awsFrames: Framing<AwsFrame> | null = null;
  return {
    framing: (contentType) => (contentType.includes("json") ? converseReply : awsFrames!),
    foreignTypes: /html/,
    headersWithContent: true,
    async send(call, request) {
      awsFrames ??= await loadAwsFrames();
      const [sdk, client] = await Promise.all([import("@aws-sdk/client-bedrock-runtime"), clientFor(call.key)]);
      const options: CallOptions = { providerCall: call };
      if (api === "invoke") {
        const body = JSON.stringify(invokeBody(name, request));
        const input = { modelId: request.model, body, contentType: "application/json" };
        await client.send(new sdk.InvokeModelWithResponseStreamCommand(input), options);
        return;
      }
      const input = converseInput(name, request);
      try {
        await client.send(new sdk.ConverseStreamCommand(input), options);
      } catch (thrown) {
        if (!refusedToStream(call)) throw thrown;
        await client.send(new sdk.ConverseCommand(input), options);
      }
    },
    // A model that does not exist: refused for that, at no cost, by a service that has accepted the credentials.
    async ping(call) {
      const [sdk, client] = await Promise.all([import("@aws-sdk/client-bedrock-runtime"), clientFor(call.key)]);
      const messages = [{ role: "user" as const, content: [{ text: "ping" }] }];
      const options: CallOptions = { providerCall: call };
      await client.send(new sdk.ConverseCommand({ modelId: "ai-stream.check", messages }), options);
    },
    reachedBy: [400, 404],
    continues: claudeContinues,
    decoder({ prefix = "" }) {
      const decoder = api === "invoke" ? bedrockInvokeDecoder(mintCallId) : bedrockConverseDecoder();
      return continuation(decoder, trimmedLead(prefix));
    },
  };
}

const refusedToStream = ({ status, failure }: ProviderCall): boolean =>
  status === 400 && failure !== null && NO_STREAM.test(failure.message);
