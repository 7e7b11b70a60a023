/** The look of messages: bubbles, the empty conversation, what stands where words will be; the rest comes with the desk. */
import { css } from "lit";

export const messageStyles = css`
  .user,
  .answer,
  .welcome {
    display: flex;
    flex-direction: column;
    gap: 12px;
  }
  .user {
    align-items: flex-end;
    gap: 4px;
    padding-inline-start: 15%;
  }
  /* The border is seen in forced colours. */
  .bubble {
    padding: 7px 16px;
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
    gap: 5px;
    padding-block: 10px;
  }
  /* Forced colours take backgrounds away, not borders. */
  .waiting i {
    border: 3.5px solid var(--_muted);
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
    gap: 20px;
    /* What comes above later moves nothing. */
    padding-block: 28px;
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
    gap: 8px;
    max-width: 576px;
  }
  .starters button {
    padding: 7px 15px;
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
