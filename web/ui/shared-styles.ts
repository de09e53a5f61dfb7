import { css } from "lit";

/** What every element of the page shares: box sizing, buttons, code, visible focus, text for screen readers only. */
export const sharedStyles = css`
  *,
  *::before,
  *::after {
    box-sizing: border-box;
  }
  :host([hidden]),
  [hidden] {
    display: none !important;
  }
  h1,
  h2,
  h3,
  p {
    margin: 0;
  }
  :focus-visible {
    outline: 2px solid var(--focus);
    outline-offset: 1px;
  }
  code {
    font-family: var(--code-font);
    font-size: 0.9em;
  }
  button {
    font: inherit;
    font-size: 13px;
    line-height: 22px;
    color: var(--text);
    background: transparent;
    border: 1px solid var(--line);
    border-radius: 4px;
    padding: 0 8px;
    min-height: 24px;
    cursor: pointer;
  }
  button:hover:not(:disabled) {
    background: var(--raised);
    border-color: var(--quiet);
  }
  button:disabled {
    color: var(--quiet);
    cursor: default;
  }
  button.primary {
    color: var(--on-button);
    background: var(--button);
    border-color: var(--button);
  }
  button.primary:hover:not(:disabled) {
    background: var(--text);
    opacity: 0.9;
  }
  .visually-hidden {
    position: absolute;
    width: 1px;
    height: 1px;
    margin: -1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
`;
