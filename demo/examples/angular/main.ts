/** An Angular page: a standalone component that lets the tag through, compiled in the browser. */
import "@angular/compiler";
import { Component, CUSTOM_ELEMENTS_SCHEMA, signal } from "@angular/core";
import { bootstrapApplication } from "@angular/platform-browser";
import "ai-stream-element";
import type { AiStreamMessageEvent } from "ai-stream-element";

@Component({
  selector: "app-root",
  schemas: [CUSTOM_ELEMENTS_SCHEMA],
  template: `
    <ai-stream endpoint="https://proxy.example" [labels]="labels" (ai-stream-message)="onMessage($event)"></ai-stream>
    <output>{{ ended() }}</output>
  `,
})
class App {
  readonly labels = { placeholder: "Ask the Angular page" };
  readonly ended = signal("");

  onMessage({ message }: AiStreamMessageEvent): void {
    this.ended.set(`Ended: ${message.end?.reason}`);
  }
}

await bootstrapApplication(App);
