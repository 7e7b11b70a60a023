/** A Vue page. In vite.config.ts, `vue({ template: { compilerOptions: { isCustomElement: (tag) => tag === "ai-stream" } } })`. */
import "ai-stream-element";
import { createApp } from "vue";
import App from "./App.vue";

createApp(App).mount("#root");
