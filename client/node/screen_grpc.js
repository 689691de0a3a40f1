// Screens a patient over gRPC, with @grpc/grpc-js and the .proto files as they
// are.
//
// Usage: node screen_grpc.js HOST:PORT REQUEST.json

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import grpc from "@grpc/grpc-js";
import protoLoader from "@grpc/proto-loader";

const PROTO_FOLDER = fileURLToPath(new URL("../../proto", import.meta.url));
const DEADLINE_MS = 10_000;

const [address, file] = process.argv.slice(2);
if (file === undefined) {
  console.error("usage: node screen_grpc.js HOST:PORT REQUEST.json");
  process.exit(2);
}

const { needlewise } = grpc.loadPackageDefinition(
  protoLoader.loadSync("needlewise/v1/screening.proto", {
    includeDirs: [PROTO_FOLDER],
    enums: String,
    longs: Number,
    arrays: true,
  }),
);
// Patient data: use grpc.credentials.createSsl() for anything but loopback.
const client = new needlewise.v1.ScreeningService(
  address,
  grpc.credentials.createInsecure(),
);

// A request that is tried again after UNAVAILABLE should have a requestId.
const request = JSON.parse(readFileSync(file, "utf8"));
client.screenEligibility(
  request,
  { deadline: Date.now() + DEADLINE_MS },
  (error, response) => {
    client.close();
    if (error !== null) {
      console.error(`${grpc.status[error.code]}: ${error.details}`);
      process.exitCode = 1;
      return;
    }
    console.log(`decision ${response.decisionId}`);
    for (const treatment of response.decision.treatments) {
      // Missing data is an answer, too: VERDICT_DATA_REQUIRED.
      console.log(`${treatment.treatment} ${treatment.verdict}`);
      for (const { area, verdict, outstanding } of treatment.areas) {
        console.log(`  ${area} ${verdict}`);
        for (const question of outstanding) {
          console.log(`    still to be asked: ${question.concept}`);
        }
      }
    }
  },
);
