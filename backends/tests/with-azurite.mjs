// Runs a command with an emulator of Azure Blob Storage beside it, from `make test-azure`:
//   node with-azurite.mjs NODE_MODULES COMMAND...
// The emulator keeps all in memory, on any port, and ends with the command.
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import path from "node:path";

const [modules, command, ...args] = process.argv.slice(2);
const { BlobServiceClient, StorageSharedKeyCredential } = createRequire(path.resolve(modules, "x.js"))(
  "@azure/storage-blob",
);

// The emulator's account and key are the same everywhere, and published.
const account = "devstoreaccount1";
const key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

const flags = ["--inMemoryPersistence", "--blobPort", "0", "--skipApiVersionCheck", "--disableTelemetry"];
const server = spawn(path.join(modules, ".bin", "azurite-blob"), flags, { stdio: ["ignore", "pipe", "inherit"] });

const endpoint = await new Promise((resolve, reject) => {
  let said = "";
  server.stdout.on("data", (text) => {
    said += text;
    const address = said.match(/listens? (?:on|at) (http:\/\/\S+)|listening (?:on|at) (http:\/\/\S+)/);
    if (address) resolve(`${address[1] ?? address[2]}/${account}`);
  });
  server.on("exit", () => reject(new Error(`the emulator ended: ${said}`)));
});

const blobs = new BlobServiceClient(endpoint, new StorageSharedKeyCredential(account, key));
await blobs.getContainerClient("pages").create();

const env = {
  ...process.env,
  AZURE_STORAGE_ACCOUNT_KEY: key,
  HARVESTMAN_TEST_AZURE: `az://pages/tests?account=${account}&endpoint=${endpoint}`,
};
const test = spawn(command, args, { stdio: "inherit", env });
test.on("exit", (code) => {
  server.removeAllListeners("exit");
  server.kill();
  process.exit(code ?? 1);
});
