// Downloads the VS Code that tests run in: `npm run get-vscode [-- VERSION …]`.
import { get, meant } from "./vscode.mjs";

for (const version of process.argv.length > 2 ? process.argv.slice(2) : [meant()]) {
  get(version);
}
