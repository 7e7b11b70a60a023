/** The look of messages: bubbles, thinking, tools, sources, notes, the empty conversation. */
import { css } from "lit";

export const messageStyles = css`
  .user {
    display: flex;
    flex-direction: column;
    align-items: flex-end;
    gap: 0.25rem;
    padding-inline-start: 15%;
  }
  .bubble {
    padding: 0.5rem 1rem;
    background: var(--ai-stream-bubble, var(--_soft));
    color: var(--ai-stream-on-bubble, inherit);
    border-radius: calc(var(--_radius) * 1.25);
    border-end-end-radius: calc(var(--_radius) * 0.375);
    white-space: pre-wrap;
    overflow-wrap: anywhere;
  }
  .answer {
    display: flex;
    flex-direction: column;
    gap: 0.75rem;
    min-inline-size: 0;
  }
  .chip {
    align-self: flex-start;
    padding: 0.0625rem 0.5rem;
    border: 1px solid var(--_line);
    border-radius: var(--_radius);
    font-size: 0.75rem;
    color: var(--_muted);
  }
  .user .chip {
    align-self: flex-end;
  }
  .quiet {
    font-size: 0.8125rem;
    color: var(--_muted);
  }
  .thinking {
    font-size: 0.875rem;
    color: var(--_muted);
  }
  .thinking summary {
    inline-size: fit-content;
    border-radius: calc(var(--_radius) * 0.375);
    cursor: pointer;
  }
  .thinking .md {
    margin-block-start: 0.5rem;
    padding-inline-start: 0.875rem;
    border-inline-start: 2px solid var(--_line);
  }
  .decision {
    display: flex;
    gap: 0.5rem;
    margin-block: 0.25rem 0.125rem;
  }
  .decision button {
    padding: 0.25rem 0.875rem;
    border: 1px solid var(--_line);
    border-radius: var(--_radius);
  }
  .decision .yes {
    background: var(--_accent);
    border-color: var(--_accent);
    color: var(--_on-accent);
  }
  .note {
    margin: 0;
    font-size: 0.8125rem;
    color: var(--_muted);
  }
  .voided {
    color: var(--_muted);
  }
  .canned {
    display: flex;
    flex-direction: column;
    gap: 0.5rem;
    padding-inline-start: 0.875rem;
    border-inline-start: 2px solid var(--_line);
  }
  .error {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0 0.5rem;
    align-self: flex-start;
    padding: 0.5rem 0.875rem;
    border-radius: calc(var(--_radius) * 0.75);
    background: color-mix(in srgb, var(--_bad) 8%, transparent);
    font-size: 0.875rem;
    color: var(--_bad);
    overflow-wrap: anywhere;
  }
  .starters button:hover,
  figcaption button:hover {
    background: var(--_soft);
    color: var(--_fg);
  }
  button[data-done] {
    color: var(--_good);
    animation: done 1.5s;
  }
  .waiting {
    display: flex;
    gap: 0.3125rem;
    padding-block: 0.625rem;
  }
  .waiting i {
    inline-size: 0.4375rem;
    block-size: 0.4375rem;
    border-radius: 50%;
    background: var(--_muted);
    animation: pulse 1.2s infinite;
  }
  .waiting i:nth-child(2) {
    animation-delay: 0.15s;
  }
  .waiting i:nth-child(3) {
    animation-delay: 0.3s;
  }
  .welcome {
    flex: 1;
    display: flex;
    flex-direction: column;
    justify-content: center;
    align-items: center;
    gap: 1.25rem;
    padding-block: 1rem;
    text-align: center;
  }
  .welcome p {
    margin: 0;
    font-size: 1.375em;
    font-weight: 600;
    line-height: 1.35;
    letter-spacing: -0.01em;
    text-wrap: balance;
  }
  .starters {
    display: flex;
    flex-wrap: wrap;
    justify-content: center;
    gap: 0.5rem;
    max-inline-size: 36rem;
  }
  .starters button {
    padding: 0.4375rem 0.9375rem;
    border: 1px solid var(--_line);
    border-radius: calc(var(--_radius) * 1.25);
    text-align: start;
  }
  @keyframes pulse {
    50% {
      opacity: 0.25;
    }
  }
  @keyframes done {
    from {
      transform: scale(0.9);
    }
    10% {
      transform: none;
    }
  }
`;
