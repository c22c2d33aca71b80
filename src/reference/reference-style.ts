/** How the reference page looks: wide or narrow, by day or by night, with what the browser brings. */
export const REFERENCE_STYLE = `
  :root { color-scheme: light dark; --line: #8884; --soft: #8882; }
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
  nav { columns: 20rem; margin: 1rem 0 2rem; } nav a { display: block; text-decoration: none; }
  code, pre { font: 0.9em ui-monospace, monospace; } pre { background: var(--soft); padding: 0.8rem; overflow-x: auto; }
  article { border-top: 1px solid var(--line); padding: 0.5rem 0 1rem; } article:target { border-top: 3px solid; }
  article > div, article > table { margin: 1rem 0; }
  h2 { margin-top: 3rem; } h3 { margin: 0.5rem 0; } h3 a { color: inherit; text-decoration: none; }
  h3 small { font-weight: normal; } code { overflow-wrap: anywhere; }
  table { border-collapse: collapse; width: 100%; } td { vertical-align: top; padding: 0.2rem 1rem 0.2rem 0; }
  td:first-child { width: 1%; white-space: nowrap; } td.soft { min-width: 7rem; }
  .method { text-transform: uppercase; font-weight: 700; } .soft { opacity: 0.7; } details { margin: 0.4rem 0; }
  @media (max-width: 40rem) {
    table, tbody, tr { display: block; } td { display: inline; padding: 0; } tr { margin: 0.4rem 0; }
    td:nth-child(3) { display: block; padding-left: 0.8rem; }
    td table { border-left: 2px solid var(--line); padding-left: 0.8rem; box-sizing: border-box; }
  }`;
