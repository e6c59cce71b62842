package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"pattarai/server/fault"
)

// Limits of request bodies in bytes.
const (
	maxSmallBody = 64 << 10
	maxFileBody  = 1 << 20
)

// body reads the request's JSON object into T. Unknown fields, a second value and
// anything over limit are refused.
func body[T any](c echo.Context, limit int64) (T, error) {
	var value T
	r := c.Request()
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" {
		return value, errUnsupportedType(r.Header.Get("Content-Type"))
	}
	if r.ContentLength > limit {
		return value, errTooLarge(limit)
	}
	decoder := json.NewDecoder(http.MaxBytesReader(c.Response(), r.Body, limit))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&value); err != nil {
		return value, errBadJSON(err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return value, fault.New(fault.Invalid, "bad_json", "The body goes on after its JSON object.", "Send one JSON object.")
	}
	return value, nil
}

func errTooLarge(limit int64) *fault.Error {
	return fault.New(fault.TooLarge, "too_large", fmt.Sprintf("The body is too large; at most %d KiB are taken here.", limit>>10), "Send less.")
}

// errBadJSON says what is wrong with a body, in words that contain nothing of ours.
func errBadJSON(err error) error {
	var tooLarge *http.MaxBytesError
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	message := "The body is not the JSON object that is expected here."
	switch {
	case errors.As(err, &tooLarge):
		return errTooLarge(tooLarge.Limit)
	case errors.Is(err, io.ErrUnexpectedEOF):
		message = "The body ends in the middle of its JSON."
	case errors.Is(err, io.EOF):
		message = "The body is empty; a JSON object is expected."
	case errors.As(err, &kind) && kind.Field == "":
		message = "The body is a JSON " + kind.Value + "; an object is expected."
	case errors.As(err, &syntax):
		message = fmt.Sprintf("The body is not JSON: something is wrong at byte %d.", syntax.Offset)
	case errors.As(err, &kind):
		message = fmt.Sprintf("The field %s cannot be a %s.", quoted(kind.Field), kind.Value)
	case strings.HasPrefix(err.Error(), "json: unknown field "):
		message = "There is no field " + quoted(strings.Trim(strings.TrimPrefix(err.Error(), "json: unknown field "), `"`)) + "."
	}
	return fault.New(fault.Invalid, "bad_json", message, "docs/api.md shows what each route takes.")
}

// quoted is text from outside, shortened, fit to be part of a sentence.
func quoted(s string) string {
	const most = 60
	if len(s) > most {
		s = s[:most] + "…"
	}
	return strconv.QuoteToGraphic(strings.ToValidUTF8(s, "�"))
}

// onlyOnce refuses a query in which a key stands twice: two readers of such an
// address may not agree on what it says.
func onlyOnce(r *http.Request) error {
	if r.URL.RawQuery == "" {
		return nil
	}
	query := r.URL.Query()
	for key, values := range query {
		if len(values) > 1 {
			return fault.New(fault.Invalid, "duplicate_key", "The address has "+quoted(key)+" more than once.", "Give it once.")
		}
	}
	return nil
}
