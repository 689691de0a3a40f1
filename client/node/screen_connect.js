// Screens a patient over HTTP, with @connectrpc/connect-node and code that
// `npm run generate` made.
//
// Usage: node screen_connect.js http://HOST:PORT REQUEST.json [--json]
//
// `--json` sends JSON, to be read on the way; else the messages are binary.

import { readFileSync } from "node:fs";

import { fromJson } from "@bufbuild/protobuf";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";

import { BadRequestSchema } from "./gen/google/rpc/error_details_pb.js";
import {
  ScreenEligibilityRequestSchema,
  ScreeningService,
  VerdictSchema,
} from "./gen/needlewise/v1/screening_pb.js";

const TIMEOUT_MS = 10_000;

const [baseUrl, file, format] = process.argv.slice(2);
if (file === undefined) {
  console.error("usage: node screen_connect.js URL REQUEST.json [--json]");
  process.exit(2);
}

const client = createClient(
  ScreeningService,
  createConnectTransport({
    baseUrl,
    httpVersion: "1.1",
    useBinaryFormat: format !== "--json",
    defaultTimeoutMs: TIMEOUT_MS,
  }),
);
const nameOf = (verdict) => VerdictSchema.value[verdict].name;

try {
  const request = fromJson(
    ScreenEligibilityRequestSchema,
    JSON.parse(readFileSync(file, "utf8")),
  );
  const response = await client.screenEligibility(request);
  console.log(`decision ${response.decisionId}`);
  for (const treatment of response.decision.treatments) {
    // Missing data is an answer, too: VERDICT_DATA_REQUIRED.
    console.log(`${treatment.treatment} ${nameOf(treatment.verdict)}`);
    for (const { area, verdict, outstanding } of treatment.areas) {
      console.log(`  ${area} ${nameOf(verdict)}`);
      for (const question of outstanding) {
        console.log(`    still to be asked: ${question.concept}`);
      }
    }
  }
} catch (thrown) {
  const error = ConnectError.from(thrown);
  console.error(`${Code[error.code]}: ${error.rawMessage}`);
  // Every fault of the request at once, each with its path.
  for (const { fieldViolations } of error.findDetails(BadRequestSchema)) {
    for (const { field, description } of fieldViolations) {
      console.error(`  ${field}: ${description}`);
    }
  }
  process.exitCode = 1;
}
