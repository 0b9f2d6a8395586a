// Stands in for the Python extension, whose package is not on npm: the three members of its API
// (@vscode/python-extension) that interpreter.ts uses, and `select` for the tests.
const path = require("node:path");
const vscode = require("vscode");

exports.activate = () => {
  const emitter = new vscode.EventEmitter();
  let selected = path.join(vscode.workspace.workspaceFolders[0].uri.fsPath, "first");
  return {
    environments: {
      getActiveEnvironmentPath: () => ({ id: selected, path: selected }),
      // As the real one does, the path of an environment is its folder, and the program is said apart.
      resolveEnvironment: async (environment) => ({
        executable: { uri: vscode.Uri.file(path.join(environment.path, "python")) },
      }),
      onDidChangeActiveEnvironmentPath: emitter.event,
    },
    select(environment) {
      selected = environment;
      emitter.fire({ id: selected, path: selected });
    },
  };
};
