/** A Svelte 5 page: properties and listeners go on the tag as they are. */
import "ai-stream-element";
import { mount } from "svelte";
import App from "./App.svelte";

mount(App, { target: document.querySelector("#root")! });
