package web

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"pattarai/server/account"
	"pattarai/server/fault"
)

const learnerKey = "learner"

// loginCookie is the cookie's name. The prefix makes browsers refuse one that was
// set over plain HTTP or by another host of the domain.
func (h *Handler) loginCookie() string {
	if h.BaseURL.Scheme == "https" {
		return "__Host-pattarai"
	}
	return "pattarai"
}

// identify finds out who asks, as far as the route wants to know. It makes a guest
// of an unknown person only where something of theirs is about to be kept.
func (h *Handler) identify(c echo.Context, need access) error {
	if need == public {
		return nil
	}
	person, err := h.recognise(c.Request())
	var f *fault.Error
	if errors.As(err, &f) && f.Kind == fault.SignIn {
		switch need {
		case learner:
			person, err = h.newGuest(c)
		case anyone:
			err = nil
		case public, known:
		}
	}
	if err != nil {
		return err
	}
	c.Set(learnerKey, person)
	infoOf(c.Request().Context()).learner = person.ID
	c.Response().Header().Set("Cache-Control", "no-store")
	return nil
}

func (h *Handler) recognise(r *http.Request) (account.Learner, error) {
	cookie, err := r.Cookie(h.loginCookie())
	if err != nil {
		return account.Learner{}, errWho()
	}
	return h.Accounts.Recognise(r.Context(), cookie.Value)
}

func errWho() error {
	return fault.New(fault.SignIn, "sign_in", "This server does not know this browser yet.", "Open a lesson first; allow cookies of this site.")
}

func (h *Handler) newGuest(c echo.Context) (account.Learner, error) {
	if err := h.limits.charge("ip "+c.RealIP(), costsGuest); err != nil {
		return account.Learner{}, err
	}
	person, token, err := h.Accounts.Guest(c.Request().Context())
	if err != nil {
		return account.Learner{}, err
	}
	c.SetCookie(&http.Cookie{
		Name: h.loginCookie(), Value: token, Path: "/", MaxAge: int(account.LoginLifetime.Seconds()),
		HttpOnly: true, Secure: h.BaseURL.Scheme == "https", SameSite: http.SameSiteLaxMode,
	})
	return person, nil
}

// person is who asked; the zero Learner on public routes.
func person(c echo.Context) account.Learner {
	p, _ := c.Get(learnerKey).(account.Learner)
	return p
}

func learnerOf(c echo.Context) string { return person(c).ID }
