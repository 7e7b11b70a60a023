/** The look of messages: bubbles, the empty conversation, what stands where words will be; the rest comes with the desk. */
import { css } from "lit";

export const messageStyles = css`
  .user,
  .answer,
  .welcome {
    display: flex;
    flex-direction: column;
    gap: 0.75rem;
  }
  .user {
    align-items: flex-end;
    gap: 0.25rem;
    padding-inline-start: 15%;
  }
  /* The border is seen in forced colours. */
  .bubble {
    padding: 0.4375rem 1rem;
    background: var(--ai-stream-bubble, var(--_soft));
    color: var(--ai-stream-on-bubble, inherit);
    border: 1px solid transparent;
    border-radius: var(--_round);
    border-end-end-radius: calc(var(--_radius) * 0.375);
    background-origin: border-box;
    white-space: pre-wrap;
  }
  .waiting {
    display: flex;
    gap: 0.3125rem;
    padding-block: 0.625rem;
  }
  /* Forced colours take backgrounds away, not borders. */
  .waiting i {
    border: 0.21875rem solid var(--_muted);
    border-radius: 50%;
    animation: pulse 1.2s infinite;
  }
  .waiting i + i {
    animation-delay: 0.15s;
  }
  .waiting i + i + i {
    animation-delay: 0.3s;
  }
  .welcome {
    flex: 1;
    justify-content: center;
    align-items: center;
    gap: 1.25rem;
    text-align: center;
  }
  .welcome p {
    margin: 0;
    font-size: 1.5em;
    font-weight: 600;
    line-height: 1.3;
    letter-spacing: -0.015em;
    text-wrap: balance;
  }
  .starters {
    display: flex;
    flex-wrap: wrap;
    justify-content: center;
    gap: 0.5rem;
    max-width: 36rem;
  }
  .starters button {
    padding: 0.4375rem 0.9375rem;
    border: var(--_edge);
    border-radius: var(--_round);
    text-align: start;
  }
  .error {
    margin: 0;
    align-self: flex-start;
    color: var(--_bad);
  }
  @keyframes pulse {
    50% {
      opacity: 0.25;
    }
  }
`;
