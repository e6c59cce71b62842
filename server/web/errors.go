package web

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"pattarai/server/fault"
)

// httpError is a fault whose status HTTP itself asks for.
type httpError struct {
	fault  *fault.Error
	status int
}

func (e *httpError) Error() string { return e.fault.Error() }
func (e *httpError) Unwrap() error { return e.fault }

func httpFault(status int, code, message, fix string) error {
	return &httpError{fault.New(fault.Invalid, code, message, fix), status}
}

func errMisdirected() error {
	return httpFault(http.StatusMisdirectedRequest, "unknown_host", "This server does not answer to that host name.",
		"Open the address the server printed when it started, or start it with --base-url or --hosts.")
}

func errUnsupportedType(got string) error {
	if got == "" {
		got = "nothing"
	}
	return httpFault(http.StatusUnsupportedMediaType, "content_type", "The content type is "+quoted(got)+"; it must be application/json.",
		"Send the header Content-Type: application/json.")
}

// statusOf is the only place where a kind of fault becomes a status.
func statusOf(kind fault.Kind) int {
	switch kind {
	case fault.Invalid:
		return http.StatusBadRequest
	case fault.NotFound:
		return http.StatusNotFound
	case fault.Forbidden:
		return http.StatusForbidden
	case fault.SignIn:
		return http.StatusUnauthorized
	case fault.Conflict:
		return http.StatusConflict
	case fault.TooLarge:
		return http.StatusRequestEntityTooLarge
	case fault.TooMany:
		return http.StatusTooManyRequests
	case fault.Full, fault.Unavailable:
		return http.StatusServiceUnavailable
	case fault.Internal:
		return http.StatusInternalServerError
	}
	return http.StatusInternalServerError
}

// failure is err as a person sees it.
func failure(err error) (status int, f *fault.Error) {
	var withStatus *httpError
	var fromEcho *echo.HTTPError
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &withStatus):
		return withStatus.status, withStatus.fault
	case errors.As(err, &tooLarge):
		return http.StatusRequestEntityTooLarge, errTooLarge(tooLarge.Limit)
	case errors.As(err, &fromEcho) && fromEcho.Internal == nil:
		return fromEcho.Code, routerFault(fromEcho.Code)
	}
	f = fault.Of(err)
	return statusOf(f.Kind), f
}

// routerFault words what the router found.
func routerFault(status int) *fault.Error {
	switch status {
	case http.StatusNotFound:
		return errNoPage()
	case http.StatusMethodNotAllowed:
		return fault.New(fault.Invalid, "method_not_allowed", "This address does not take that method; the Allow header lists those it takes.", "")
	case http.StatusBadRequest:
		return fault.New(fault.Invalid, "bad_request", "The request could not be read.", "")
	default:
		return fault.Of(errors.New(http.StatusText(status)))
	}
}

func errNoPage() *fault.Error {
	return fault.New(fault.NotFound, "not_found", "There is no such page.", "Start from the list of courses.")
}

// errorJSON is the shape of every error on the wire.
type errorJSON struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Fix     string `json:"fix,omitempty"`
	Request string `json:"request"`
}

func errorBody(f *fault.Error, request string) errorJSON {
	return errorJSON{f.Code, f.Message, f.Fix, request}
}

// fail is the one place where errors become answers.
func (h *Handler) fail(err error, c echo.Context) {
	info := infoOf(c.Request().Context())
	if info.err == nil {
		info.err = err
	}
	if c.Response().Committed || errors.Is(err, context.Canceled) && c.Request().Context().Err() != nil {
		return
	}
	status, f := failure(err)
	header := c.Response().Header()
	header.Set("Cache-Control", "no-store")
	if status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable {
		header.Set("Retry-After", "5")
	}
	if wantsJSON(c.Request()) {
		_ = c.JSON(status, map[string]errorJSON{"error": errorBody(f, info.id)})
		return
	}
	h.failPage(c, status, f, info.id)
}

func (h *Handler) failPage(c echo.Context, status int, f *fault.Error, request string) {
	lang := h.language(c.Request())
	page := ErrorPage{
		Layout: h.layout(lang, h.Assets.Languages, c.Request().URL.Path, ""),
		Status: status, Heading: http.StatusText(status), Message: f.Message, Fix: f.Fix, Request: request, BackURL: "/",
	}
	page.Title = page.Heading
	page.Path = "/" // Never what was asked for: it may be anything.
	body, err := h.shelf.templates.render("error", page)
	if err != nil {
		h.Log.ErrorContext(c.Request().Context(), "error page", "error", err)
		body = []byte(f.Message)
		_ = c.Blob(status, "text/plain; charset=utf-8", body)
		return
	}
	_ = c.Blob(status, htmlType, body)
}

// wantsJSON tells whether a program asks, not a person.
func wantsJSON(r *http.Request) bool {
	if strings.HasPrefix(r.URL.Path, "/api/") || strings.HasPrefix(r.URL.Path, "/ws/") {
		return true
	}
	accept := r.Header.Get("Accept")
	return strings.Contains(accept, "application/json") && !strings.Contains(accept, "text/html")
}
