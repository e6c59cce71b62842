package web

import (
	"net"
	"net/http"
	"net/netip"

	"github.com/labstack/echo/v4"

	"pattarai/server/fault"
)

// maxAddress is how long an address may be, in bytes.
const maxAddress = 8 << 10

// notePath tells the log which route was taken, whatever comes of it.
func (h *Handler) notePath(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		infoOf(c.Request().Context()).route = c.Path()
		return next(c)
	}
}

// guardRequest refuses what no route should have to look at.
func (h *Handler) guardRequest(next echo.HandlerFunc) echo.HandlerFunc {
	origin := http.NewCrossOriginProtection()
	_ = origin.AddTrustedOrigin(h.BaseURL.Scheme + "://" + h.BaseURL.Host) // The form was checked with the configuration.
	return func(c echo.Context) error {
		r := c.Request()
		if len(r.RequestURI) > maxAddress {
			return httpFault(http.StatusRequestURITooLong, "address_too_long", "The address is too long; 8 KiB are taken.", "Shorten it.")
		}
		if err := onlyOnce(r); err != nil {
			return err
		}
		if err := origin.Check(r); err != nil {
			return fault.Wrap(err, fault.Forbidden, "cross_site", "This request came from another site, so it was not carried out.", "Reload the page here and send it again.")
		}
		return next(c)
	}
}

// ipExtractor believes X-Forwarded-For only from the proxies the operator named.
func (h *Handler) ipExtractor() echo.IPExtractor {
	if len(h.TrustedProxies) == 0 {
		return echo.ExtractIPDirect()
	}
	trust := []echo.TrustOption{echo.TrustLoopback(false), echo.TrustLinkLocal(false), echo.TrustPrivateNet(false)}
	for _, proxies := range h.TrustedProxies {
		trust = append(trust, echo.TrustIPRange(ipNet(proxies)))
	}
	return echo.ExtractIPFromXFFHeader(trust...)
}

func ipNet(p netip.Prefix) *net.IPNet {
	p = p.Masked()
	return &net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())}
}
