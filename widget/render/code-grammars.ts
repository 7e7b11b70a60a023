/** What the languages of `paint-code.ts` look like: how comments and strings begin and end, and which words are theirs. */
import type { PieceKind } from "./paint-code.ts";

export interface Grammar {
  readonly keywords: ReadonlySet<string>;
  readonly ignoresCase: boolean;
  /** Words that begin with a capital are types. */
  readonly hasTypes: boolean;
  /** Patterns that reach to the end of the line. */
  readonly lineComments: readonly string[];
  /** What opens a comment or string, and what ends it. */
  readonly pairs: ReadonlyMap<string, string>;
  /** Those of the openings that are comments. */
  readonly comments: readonly string[];
  /** The ends that are looked for in later lines too. */
  readonly spans: readonly string[];
  readonly word: string | null;
  /** A pattern of the language's own, and what it is. */
  readonly extra: string | null;
  readonly extraKind: (text: string) => PieceKind;
}

const WORD = "(?<![\\w$@])[a-z_$][\\w$]*";
const set = (words: string): ReadonlySet<string> => new Set(words.split(" "));

const C: Grammar = {
  keywords: set(
    "auto break case char const continue default do double else enum extern float for goto if inline int long register return short signed sizeof static struct switch typedef union unsigned void volatile while bool true false NULL",
  ),
  ignoresCase: false,
  hasTypes: true,
  lineComments: ["//"],
  pairs: new Map([
    ["/*", "*/"],
    ['"', '"'],
    ["'", "'"],
  ]),
  comments: ["/*"],
  spans: ["*/"],
  word: WORD,
  extra: null,
  extraKind: () => "tok-keyword",
};

const like = (base: Grammar, change: Partial<Grammar>, words = ""): Grammar => ({
  ...base,
  ...change,
  ...(words === "" ? {} : { keywords: set(words) }),
});

const OOP =
  "abstract as async await base bool boolean break byte case catch char class const constructor continue default defer delegate do double else enum event explicit export extends extension extern false final finally fixed float for foreach fun func fn function get go goto guard if implements implicit import in init inout int interface internal is it lateinit let lock long match mut mutable namespace new nil null object of open operator out override package params private protected protocol pub public readonly record ref repeat return sealed select self set short sizeof static string struct super suspend switch synchronized template this throw throws trait transient true try type typealias typeof typename uint ulong unchecked union unsafe until use using val var virtual void volatile when where while with yield";
const BACKTICKS = new Map([...C.pairs, ["`", "`"]]);
const OBJECTS = like(C, {}, OOP);
const SCRIPT = like(
  C,
  { pairs: BACKTICKS, spans: ["*/", "`"] },
  "abstract any as async await boolean break case catch class const continue debugger declare default delete do else enum export extends false finally for from function get if implements import in infer instanceof interface is keyof let namespace never new null number object of override private protected public readonly return satisfies set static string super switch symbol this throw true try type typeof undefined unknown var void while with yield",
);
const GO = like(
  C,
  { pairs: BACKTICKS, spans: ["*/", "`"] },
  "any bool break byte case chan const continue default defer else error fallthrough false float64 for func go goto if import int int64 interface map nil package range return rune select string struct switch true type uint8 var",
);
/** A quote alone is a lifetime: characters of Rust stay as they are. */
const RUST = like(
  C,
  { pairs: new Map([...C.pairs].filter(([open]) => open !== "'")), spans: ["*/", '"'] },
  "as async await bool break const continue crate dyn else enum extern f64 false fn for i32 i64 if impl in let loop match mod move mut pub ref return self Self static str struct super trait true type u32 u64 u8 unsafe use usize where while",
);
const HASH = like(
  C,
  {
    lineComments: ["(?<![^\\s;(])#"],
    pairs: new Map([
      ['"', '"'],
      ["'", "'"],
    ]),
    comments: [],
    spans: [],
  },
  "alias and begin break case class def defined do else elsif end ensure extend false for function if import in include local loop module my next nil not or our package redo repeat require rescue retry return self sub super then true undef unless until use when while yield",
);
const PYTHON = like(
  HASH,
  {
    lineComments: ["#"],
    pairs: new Map([
      ['"""', '"""'],
      ["'''", "'''"],
      ['"', '"'],
      ["'", "'"],
    ]),
    spans: ['"""', "'''"],
    extra: "^\\s*@[\\w.]+",
  },
  "False None True and as assert async await break case class continue def del elif else except finally for from global if import in is lambda match nonlocal not or pass raise return self try while with yield",
);
const SHELL = like(
  HASH,
  { spans: ['"', "'"], hasTypes: false, extra: "\\$\\{?[\\w@#?*]+\\}?", extraKind: () => "tok-name" },
  "alias break case cat cd continue cp curl do docker done echo elif else esac eval exec exit export fi for function git grep if in local mkdir mv npm npx pip read return rm sed set shift source sudo then unset until while",
);
const SQL = like(
  C,
  { lineComments: ["--"], ignoresCase: true, hasTypes: false },
  "add all alter and any as asc begin between by cascade case check column commit constraint create cross database default delete desc distinct drop else end exists false foreign from full group having if in index inner insert int integer into is join key left like limit not null offset on or order outer primary references returning right rollback select set table text then timestamp transaction true union unique update using values varchar view when where with",
);
const LUA = like(HASH, { lineComments: ["--"], pairs: new Map([...HASH.pairs, ["[[", "]]"]]), spans: ["]]"] });
const HASKELL = like(
  LUA,
  {
    pairs: new Map([
      ["{-", "-}"],
      ['"', '"'],
    ]),
    comments: ["{-"],
    spans: ["-}"],
  },
  "case class data deriving do else if import in infix instance let module newtype of otherwise then type where",
);
/** A key, or a word before `=`, is a name. */
const KEYS = like(
  HASH,
  {
    lineComments: ["(?<!\\S)[#;]"],
    word: "\\b(?:true|false|null|yes|no|on|off)\\b",
    extra: "^\\s*(?:-\\s+)*[\\w.\\-\\/]+(?=\\s*[:=])|^\\s*\\[+[^\\]]+\\]+",
    extraKind: () => "tok-name",
  },
  "true false null yes no on off",
);
const JSON_GRAMMAR = like(
  C,
  { extra: '"(?:[^"\\\\]|\\\\.)*"(?=\\s*:)', extraKind: () => "tok-name" },
  "true false null",
);
const MARKUP = like(
  C,
  {
    lineComments: [],
    pairs: new Map([["<!--", "-->"]]),
    comments: ["<!--"],
    spans: ["-->"],
    word: null,
    extra: "<\\/?[\\w:.\\-]+|\\/?>|[\\w:@.\\-]+(?==[\"'{])|\"[^\"]*\"|'[^']*'",
    extraKind: (text) => (/^["']/.test(text) ? "tok-string" : /^[</>]/.test(text) ? "tok-keyword" : "tok-name"),
  },
  "",
);
const STYLES = like(C, {
  word: null,
  extra: "@[\\w\\-]+|--[\\w\\-]+|[\\w\\-]+(?=\\s*:[^:{]*[;}\\n])|#[\\da-f]{3,8}\\b|[.#][a-z_][\\w\\-]*",
  extraKind: (text) => (text[0] === "@" ? "tok-keyword" : /^[.#]/.test(text) ? "tok-type" : "tok-name"),
});
const DIFF = like(MARKUP, {
  pairs: new Map(),
  extra: "^(?:[+-].*|@@.*|diff .*|index .*)",
  extraKind: (text) => (text[0] === "+" ? "tok-add" : text[0] === "-" ? "tok-remove" : "tok-comment"),
});

const BY_NAME: readonly (readonly [names: RegExp, Grammar])[] = [
  [/^(?:[cm]?[jt]sx?|javascript|typescript)$/, SCRIPT],
  [/^json/, JSON_GRAMMAR],
  [/^py/, PYTHON],
  [/^go/, GO],
  [/^(?:rust|rs)$/, RUST],
  [/^(?:sh|bash|zsh|shell|console|docker|dockerfile|make|makefile|powershell|ps1|nginx)$/, SHELL],
  [/^(?:rb|ruby|perl|pl|r|julia|elixir|ex)$/, HASH],
  [/^(?:ya?ml|toml|ini|env|hcl|terraform|tf)$/, KEYS],
  [/^sql$/, SQL],
  [/^lua$/, LUA],
  [/^(?:haskell|hs)$/, HASKELL],
  [/^(?:html|xml|svg|vue|svelte)$/, MARKUP],
  [/^(?:css|scss|less)$/, STYLES],
  [/^(?:diff|patch)$/, DIFF],
  [
    /^(?:c|h|cc|cpp|c\+\+|hpp|cs|csharp|c#|java|kotlin|kts?|swift|scala|dart|php|zig|groovy|objc|graphql|proto)$/,
    OBJECTS,
  ],
];

export const grammarOf = (lang: string): Grammar | null => BY_NAME.find(([names]) => names.test(lang))?.[1] ?? null;
