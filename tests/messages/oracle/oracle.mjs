// Reads descriptors.bin and cases.json of a folder, and prints the cases with the violations that protovalidate finds.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createFileRegistry, fromBinary, fromJson } from "@bufbuild/protobuf";
import { pathToString } from "@bufbuild/protobuf/reflect";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { createValidator } from "@bufbuild/protovalidate";

const [folder] = process.argv.slice(2);
const descriptors = fromBinary(
  FileDescriptorSetSchema,
  readFileSync(join(folder, "descriptors.bin")),
);
const registry = createFileRegistry(descriptors);
const validator = createValidator({ registry });

const cases = JSON.parse(readFileSync(join(folder, "cases.json"), "utf8"));
const lines = cases.map(({ message, request }) => {
  const schema = registry.getMessage(message);
  const result = validator.validate(schema, fromJson(schema, request));
  if (result.kind === "error") {
    throw result.error;
  }
  const violations = (result.violations ?? []).map((violation) => ({
    field: pathToString(violation.field),
    rule: pathToString(violation.rule),
    ruleId: violation.ruleId,
    message: violation.message,
  }));
  return JSON.stringify({ message, request, violations });
});
console.log(`[\n${lines.join(",\n")}\n]`);
