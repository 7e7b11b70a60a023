/** A React page: the component takes properties as props, and a typed listener for each event. */
import { AiStream } from "ai-stream-element/react";
import { useState } from "react";
import { createRoot } from "react-dom/client";

const LABELS = { placeholder: "Ask the React page" };

function App() {
  const [ended, setEnded] = useState("");
  return (
    <>
      <AiStream
        endpoint="https://proxy.example"
        labels={LABELS}
        onMessage={({ message }) => setEnded(`Ended: ${message.end?.reason}`)}
      />
      <output>{ended}</output>
    </>
  );
}

createRoot(document.querySelector("#root")!).render(<App />);
