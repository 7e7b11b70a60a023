/** One text for all numbers, or one for each of the language's plural forms. */
export type Counted = string | (Readonly<Partial<Record<Intl.LDMLPluralRule, string>>> & { readonly other: string });

/** The words of what is loaded after the first answer; `labels` of the same names win. `{…}` stands for what is told. */
export interface DeskWords {
  readonly newConversation: string;
  readonly conversations: string;
  readonly noConversations: string;
  /** `{title}` of the conversation. */
  readonly deleteOne: string;
  readonly deleteSurely: string;
  readonly exportMarkdown: string;
  readonly close: string;
  readonly edit: string;
  readonly editMessage: string;
  readonly cancel: string;
  readonly takeBack: string;
  readonly waitsTurn: string;
  readonly earlierVersion: string;
  readonly laterVersion: string;
  /** `{n}` of `{count}`. */
  readonly version: string;
  readonly good: string;
  readonly bad: string;
  readonly readAloud: string;
  readonly stopReading: string;
  readonly attach: string;
  /** `{name}` of the file; as below. */
  readonly removeFile: string;
  readonly dropFiles: string;
  /** `{count}` of `{most}` files, `{size}` of `{mostSize}`; the form is that of `count`. */
  readonly filesOf: Counted;
  /** The form is that of `{most}`. */
  readonly tooManyFiles: Counted;
  readonly filesTooBig: string;
  readonly wrongFile: string;
  readonly dictate: string;
  readonly stopDictating: string;
  /** `{count}`, as below. */
  readonly tokens: Counted;
  readonly steps: Counted;
  /** Of a tool call. */
  readonly result: string;
}

export const en: DeskWords = {
  newConversation: "New conversation",
  conversations: "Conversations",
  noConversations: "No conversations yet",
  deleteOne: "Delete “{title}”",
  deleteSurely: "Delete “{title}” for good",
  exportMarkdown: "Export as Markdown",
  close: "Close",
  edit: "Edit",
  editMessage: "Edit message",
  cancel: "Cancel",
  takeBack: "Remove",
  waitsTurn: "Sent when the answer is complete",
  earlierVersion: "Earlier version",
  laterVersion: "Later version",
  version: "Version {n} of {count}",
  good: "Good answer",
  bad: "Bad answer",
  readAloud: "Read aloud",
  stopReading: "Stop reading",
  attach: "Attach files",
  removeFile: "Remove {name}",
  dropFiles: "Drop files here",
  filesOf: "{count} of {most} files, {size} of {mostSize}",
  tooManyFiles: {
    one: "{name} was not attached: at most {most} file is allowed",
    other: "{name} was not attached: at most {most} files are allowed",
  },
  filesTooBig: "{name} was not attached: it is {size}, and the limit is {mostSize} in total",
  wrongFile: "{name} was not attached: only images and text files can be read",
  dictate: "Dictate",
  stopDictating: "Stop dictating",
  tokens: { one: "{count} token", other: "{count} tokens" },
  steps: { one: "{count} step", other: "{count} steps" },
  result: "Result",
};

/**
 * Puts values in the places of a text: `say("{n} of {count}", { n: 1, count: 2 })`.
 * @param number of what is counted: it takes the form that the language of `locale` has for it
 */
export const say = (
  text: Counted,
  values: Readonly<Record<string, string | number>>,
  number = 0,
  locale = "en",
): string => {
  const form = typeof text === "string" ? text : (text[new Intl.PluralRules(locale).select(number)] ?? text.other);
  return form.replaceAll(/\{(\w+)\}/g, (place, name: string) => String(values[name] ?? place));
};
