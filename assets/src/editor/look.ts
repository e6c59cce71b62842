import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import type { Extension } from "@codemirror/state";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";

// Colours are the page's tokens, so the theme follows the page without a rebuild.
const frame = EditorView.theme({
  "&": { backgroundColor: "var(--surface)", color: "var(--ink)", fontSize: ".84rem" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.6", fontVariantLigatures: "none" },
  ".cm-content": { caretColor: "var(--ink)", padding: "6px 0" },
  ".cm-gutters": { backgroundColor: "var(--surface)", color: "var(--ink-2)", border: "none", borderRight: "1px solid var(--line)" },
  ".cm-activeLine": { backgroundColor: "color-mix(in srgb, var(--brass-wash) 55%, transparent)" },
  ".cm-activeLineGutter": { backgroundColor: "var(--brass-wash)", color: "var(--ink)" },
  "&.cm-focused .cm-cursor": { borderLeftColor: "var(--ink)", borderLeftWidth: "2px" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": { backgroundColor: "color-mix(in srgb, var(--indigo) 25%, transparent)" },
  ".cm-matchingBracket": { backgroundColor: "var(--brass-wash)", outline: "1px solid var(--brass-ink)" },
  ".cm-searchMatch": { backgroundColor: "var(--brass-wash)", outline: "1px solid var(--brass-ink)" },
  ".cm-panels": { backgroundColor: "var(--paper)", color: "var(--ink)", borderColor: "var(--line)" },
  ".cm-panel.cm-search": { padding: "6px 8px", fontFamily: "var(--text)" },
  ".cm-textfield": { backgroundColor: "var(--raised)", border: "1px solid var(--edge)", borderRadius: "3px" },
  ".cm-button": { backgroundImage: "none", backgroundColor: "var(--surface)", border: "1px solid var(--edge)", borderRadius: "3px" },
  ".cm-tooltip": { backgroundColor: "var(--raised)", border: "1px solid var(--edge)", color: "var(--ink)" },
  ".cm-diagnostic": { fontFamily: "var(--text)", fontSize: ".9rem" },
  ".cm-diagnostic-error": { borderLeft: "4px solid var(--terracotta)" },
  ".cm-diagnostic-warning": { borderLeft: "4px solid var(--brass)" },
  ".cm-lintRange-error": { backgroundImage: "none", textDecoration: "underline wavy var(--terracotta)", textDecorationSkipInk: "none" },
  ".cm-lintRange-warning": { backgroundImage: "none", textDecoration: "underline wavy var(--brass-ink)" },
});

const colours = HighlightStyle.define([
  { tag: tags.comment, color: "var(--code-c)", fontStyle: "italic" },
  { tag: [tags.keyword, tags.modifier, tags.operatorKeyword], color: "var(--code-k)" },
  { tag: tags.heading, color: "var(--code-f)", fontWeight: "700" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--code-s)" },
  { tag: [tags.number, tags.bool, tags.atom, tags.null], color: "var(--code-n)" },
  { tag: [tags.propertyName, tags.definition(tags.propertyName), tags.function(tags.variableName), tags.className], color: "var(--code-f)" },
  { tag: tags.special(tags.variableName), color: "var(--code-n)" },
]);

/** How the editor looks. */
export const look: Extension = [frame, syntaxHighlighting(colours)];
