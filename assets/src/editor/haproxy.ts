import { StreamLanguage, type StreamParser } from "@codemirror/language";

interface Place { start: boolean }

const sections = /^(global|defaults|frontend|backend|listen|userlist|peers|resolvers|cache|program|ring|mailers|http-errors|log-forward|crt-store|traces)\b/;
const words = /^(if|unless|or|and|rise|fall|inter|fastinter|downinter|check|weight|maxconn|backup|disabled|cookie|track|send-proxy(?:-v2)?|ssl|verify|crt|alpn|roundrobin|leastconn|source|static-rr|first|random|uri|url_param|hdr|http|tcp|GET|HEAD|POST|OPTIONS)\b/;

const parser: StreamParser<Place> = {
  name: "haproxy",
  startState: () => ({ start: true }),
  token(stream, place) {
    if (stream.sol()) place.start = true;
    if (stream.eatSpace()) return null;
    if (stream.match(/^#.*/)) return "comment";
    if (place.start) {
      place.start = false;
      if (stream.match(sections)) return "heading";
      if (stream.match(/^(no|default)\b/)) {
        place.start = true;
        return "keyword";
      }
      if (stream.match(/^[A-Za-z][\w.-]*/)) return "keyword";
    }
    if (stream.match(/^"(?:\\.|[^"\\])*"?/) || stream.match(/^'[^']*'?/)) return "string";
    if (stream.match(/^\$\{?\w+\}?/) || stream.match(/^%\[[^\]]*\]/) || stream.match(/^%[A-Za-z]\w*/)) return "variableName.special";
    if (stream.match(/^\{[^}]*\}/)) return "string.special";
    if (stream.match(/^(?:\d{1,3}\.){3}\d{1,3}(?:\/\d+)?(?::\d+)?/) || stream.match(/^[*]?:\d+\b/)) return "atom";
    if (stream.match(/^\d+(?:us|ms|s|m|h|d|k|g)?\b/i)) return "number";
    if (stream.match(words)) return "propertyName";
    if (!stream.match(/^[A-Za-z_/][\w./-]*/)) stream.next();
    return null;
  },
  languageData: { commentTokens: { line: "#" } },
};

/** haproxy.cfg: sections, the word that begins each line, addresses, times, samples. */
export const haproxy = StreamLanguage.define(parser);
