/** What the page of the graph looks like, in the panel and in the file that `import-cycles graph` writes. */

export const STYLE = `
  html, body { height: 100%; margin: 0; padding: 0; overflow: hidden; }
  body { display: flex; flex-direction: column; }
  header { display: flex; flex-wrap: wrap; gap: 4px 12px; align-items: center; padding: 6px 10px; border-bottom: 1px solid var(--vscode-panel-border); }
  #title { font-weight: 600; }
  #counts { color: var(--vscode-descriptionForeground); flex: 1; }
  button { background: var(--vscode-button-secondaryBackground); color: var(--vscode-button-secondaryForeground); border: none; border-radius: 2px; padding: 3px 9px; cursor: pointer; font: inherit; }
  button:hover { background: var(--vscode-button-secondaryHoverBackground); }
  #graph { flex: 1; min-height: 0; position: relative; }
  #empty { position: absolute; inset: 40% 0 auto 0; text-align: center; color: var(--vscode-descriptionForeground); pointer-events: none; }
  #told { position: absolute; left: 10px; bottom: 34px; max-width: 80%; padding: 5px 9px; white-space: pre-line; background: var(--vscode-editorHoverWidget-background); color: var(--vscode-editorHoverWidget-foreground); border: 1px solid var(--vscode-editorHoverWidget-border); pointer-events: none; }
  footer { display: flex; flex-wrap: wrap; gap: 2px 16px; padding: 4px 10px; color: var(--vscode-descriptionForeground); font-size: 0.9em; border-top: 1px solid var(--vscode-panel-border); }
  .key { display: inline-block; width: 22px; margin-right: 5px; vertical-align: middle; border-top: 3px solid; }
  .runtime { border-color: var(--vscode-charts-blue); }
  .error { border-color: var(--vscode-editorError-foreground); }
  .warning { border-color: var(--vscode-editorWarning-foreground); }
  .deferred { border-top: 2px dashed var(--vscode-descriptionForeground); }
  .typing { border-top: 2px dotted var(--vscode-descriptionForeground); }
  .cut { border-top: 4px dashed var(--vscode-charts-blue); }
`;

export const BODY = `
<header>
  <span id="title"></span><span id="counts"></span>
  <button id="fold" title="Fold packages">Fold</button>
  <button id="unfold" title="Open as many packages as fit">Unfold</button>
  <button id="fit" title="Show all">Fit</button>
</header>
<div id="graph"><div id="empty" hidden>No import cycles.</div></div>
<div id="told" hidden></div>
<footer>
  <span><span class="key runtime"></span>runs while loading</span>
  <span><span class="key error"></span>crashes</span>
  <span><span class="key warning"></span>fails on some ways</span>
  <span><span class="key deferred"></span>later</span>
  <span><span class="key typing"></span>for type checkers</span>
  <span><span class="key cut"></span>to cut</span>
</footer>
`;
