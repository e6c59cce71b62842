import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { python } from "@codemirror/lang-python";
import { yaml } from "@codemirror/lang-yaml";
import { bracketMatching, indentOnInput, indentUnit } from "@codemirror/language";
import { lintGutter, lintKeymap } from "@codemirror/lint";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { EditorState, type Extension } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, highlightActiveLineGutter, keymap, lineNumbers } from "@codemirror/view";
import { t } from "../core/text";
import { haproxy } from "./haproxy";
import { look } from "./look";

function language(path: string): Extension {
  if (/\.py$/.test(path)) return [python(), indentUnit.of("    ")];
  if (/\.ya?ml$/.test(path)) return yaml();
  if (/haproxy|\.cfg$/.test(path)) return [haproxy, indentUnit.of("    ")];
  return [];
}

/** A file's editing state. Tab indents; Escape and then Tab leaves the editor. */
export function makeState(path: string, text: string, changed: () => void, save: () => void): EditorState {
  return EditorState.create({
    doc: text,
    extensions: [
      keymap.of([{ key: "Mod-s", preventDefault: true, run: () => { save(); return true; } }]),
      lineNumbers(), lintGutter(), highlightActiveLineGutter(), highlightActiveLine(), history(), drawSelection(), indentOnInput(), bracketMatching(), highlightSelectionMatches(),
      keymap.of([...defaultKeymap, ...searchKeymap, ...historyKeymap, ...lintKeymap, indentWithTab]),
      language(path), look,
      EditorView.contentAttributes.of({ "aria-label": t("editor.label", path), tabindex: "0", spellcheck: "false", autocapitalize: "off", autocorrect: "off" }),
      EditorView.updateListener.of((update) => { if (update.docChanged) changed(); }),
    ],
  });
}
