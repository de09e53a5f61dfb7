import { html, nothing, type TemplateResult } from "lit";
import { Lexer, type Token, type Tokens } from "marked";

type Rendered = TemplateResult | string | typeof nothing | readonly Rendered[];

/**
 * Markdown as Lit templates. Text only ever becomes text nodes and attributes, so a lesson cannot bring markup of its own:
 * HTML in the source is shown as it was written.
 */
export function renderMarkdown(markdown: string): Rendered {
  return renderTokens(Lexer.lex(markdown));
}

/** The short form for hints: `code`, emphasis and links, no paragraphs. */
export function renderInline(markdown: string): Rendered {
  return renderTokens(Lexer.lexInline(markdown));
}

function renderTokens(tokens: readonly Token[] | undefined): Rendered {
  return (tokens ?? []).map(renderToken);
}

function renderToken(token: Token): Rendered {
  switch (token.type) {
    case "space":
      return nothing;
    case "paragraph":
      return html`<p>${renderTokens(token.tokens)}</p>`;
    case "heading":
      return html`<h3>${renderTokens(token.tokens)}</h3>`;
    case "blockquote":
      return html`<blockquote>${renderTokens(token.tokens)}</blockquote>`;
    case "list":
      return renderList(token as Tokens.List);
    case "table":
      return renderTable(token as Tokens.Table);
    case "code":
      return html`<pre tabindex="0"><code>${token.text}</code></pre>`;
    case "codespan":
      return html`<code>${token.text}</code>`;
    case "strong":
      return html`<strong>${renderTokens(token.tokens)}</strong>`;
    case "em":
      return html`<em>${renderTokens(token.tokens)}</em>`;
    case "del":
      return html`<del>${renderTokens(token.tokens)}</del>`;
    case "link":
      return renderLink(token as Tokens.Link);
    case "br":
      return html`<br />`;
    case "hr":
      return html`<hr />`;
    case "text":
      return token.tokens === undefined ? token.text : renderTokens(token.tokens);
    case "escape":
      return token.text;
    default:
      return token.raw;
  }
}

function renderList({ ordered, items }: Tokens.List): TemplateResult {
  const rows = items.map((item) => html`<li>${renderTokens(item.tokens)}</li>`);
  return ordered ? html`<ol>${rows}</ol>` : html`<ul>${rows}</ul>`;
}

function renderTable({ header, rows }: Tokens.Table): TemplateResult {
  return html`<table>
    <thead><tr>${header.map((cell) => html`<th scope="col">${renderTokens(cell.tokens)}</th>`)}</tr></thead>
    <tbody>
      ${rows.map((row) => html`<tr>${row.map((cell) => html`<td>${renderTokens(cell.tokens)}</td>`)}</tr>`)}
    </tbody>
  </table>`;
}

/** Links lead out of the page, and only to the web: no javascript:, no data:. */
function renderLink({ href, tokens }: Tokens.Link): Rendered {
  if (!/^https?:\/\//.test(href)) return renderTokens(tokens);
  return html`<a href=${href} target="_blank" rel="noopener noreferrer">${renderTokens(tokens)}</a>`;
}
