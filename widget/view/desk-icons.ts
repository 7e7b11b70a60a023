/** The drawings of the parts that are loaded later, as the others' (`icons.ts`). */
import type { Kit } from "./kit.ts";

const drawings = ({ svg }: Kit) => ({
  again: svg`<path d="M19 12a7 7 0 1 1-2.1-5M19 4v4h-4" />`,
  pen: svg`<path d="M4 20l1-4L16 5l3 3L8 19zM14 7l3 3" />`,
  cross: svg`<path d="M6 6l12 12M18 6L6 18" />`,
  earlier: svg`<path d="M14 6l-6 6 6 6" />`,
  later: svg`<path d="M10 6l6 6-6 6" />`,
  good: svg`<path d="M7 11l4-7c1.5 0 2 1 2 2v4h5.5a1.5 1.5 0 0 1 1.5 2l-2 7a2 2 0 0 1-2 1H7zM7 11H4v9h3" />`,
  bad: svg`<path d="M17 13l-4 7c-1.5 0-2-1-2-2v-4H5.500a1.500 1.500 0 0 1-1.500-2l2-7a2 2 0 0 1 2-1H17zM17 13h3V4h-3" />`,
  speaker: svg`<path d="M4 9.500v5h3.500L12 19V5L7.500 9.500zM15.500 9a4 4 0 0 1 0 6M18 6.500a8 8 0 0 1 0 11" />`,
  clip: svg`<path d="M19 11.500l-7.300 7.300a4.500 4.500 0 0 1-6.400-6.400L13 4.800a3 3 0 0 1 4.300 4.300L9.700 16.600a1.500 1.500 0 0 1-2.100-2.100L14.500 7.600" />`,
  microphone: svg`<rect x="9" y="3" width="6" height="11" rx="3" /><path d="M5.500 11.500a6.500 6.500 0 0 0 13 0M12 18v3" />`,
  menu: svg`<path d="M5 7h14M5 12h14M5 17h9" />`,
  plus: svg`<path d="M12 5v14M5 12h14" />`,
  bin: svg`<path d="M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13M10.500 11v5M13.500 11v5" />`,
  down: svg`<path d="M12 4v11M7 10.500l5 5 5-5M5 20h14" />`,
});

export type StrokeName = keyof ReturnType<typeof drawings>;

export const strokes = (kit: Kit, name: StrokeName): unknown => kit.draw(drawings(kit)[name]);
