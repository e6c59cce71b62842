package web

import (
	"cmp"
	"slices"

	"github.com/labstack/echo/v4"

	"pattarai/lessons"
	"pattarai/server/catalog"
)

// home answers GET / when the address has a query.
func (h *Handler) home(c echo.Context) error { return h.shelf.send(c.Response(), c.Request()) }

// homePage is the catalogue.
func (h *Handler) homePage(s *catalog.Snapshot, lang string, labs Notice) HomePage {
	page := HomePage{Layout: h.layout(lang, h.Assets.Languages, "/", "courses"), Labs: labs}
	courses := slices.Clone(s.Courses)
	slices.SortStableFunc(courses, func(a, b *lessons.Course) int { return cmp.Compare(a.Order, b.Order) })
	for _, course := range courses {
		page.Courses = append(page.Courses, courseCard(course, lang))
	}
	if h.Author {
		page.Problems = len(s.Problems)
	}
	return page
}
