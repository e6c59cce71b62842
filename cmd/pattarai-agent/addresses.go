package main

import (
	"errors"
	"fmt"
	"net"
	"net/netip"

	"golang.org/x/sys/unix"
)

// addAddresses gives the interface that is on their network more addresses, each
// written like 10.0.0.9/28. Those it has already stay. It needs the right to
// administer the network, which the engine lends to this one process.
func addAddresses(all []string) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("open a socket: %w", err)
	}
	defer func() { _ = unix.Close(fd) }()
	for i, text := range all {
		prefix, err := netip.ParsePrefix(text)
		if err != nil || !prefix.Addr().Is4() {
			return fmt.Errorf("%q is no IPv4 address with its network; write it like 10.0.0.9/28", text)
		}
		if err := addAddress(fd, fmt.Sprintf(":%d", i+1), prefix); err != nil {
			return fmt.Errorf("add %s: %w", text, err)
		}
	}
	return nil
}

func addAddress(fd int, alias string, prefix netip.Prefix) error {
	name, err := interfaceOn(prefix.Masked())
	if err != nil {
		return err
	}
	ifr, err := unix.NewIfreq(name + alias)
	if err != nil {
		return err
	}
	if err := ifr.SetInet4Addr(prefix.Addr().AsSlice()); err != nil {
		return err
	}
	if err := unix.IoctlIfreq(fd, unix.SIOCSIFADDR, ifr); err != nil {
		return err
	}
	if err := ifr.SetInet4Addr(net.CIDRMask(prefix.Bits(), 32)); err != nil {
		return err
	}
	return unix.IoctlIfreq(fd, unix.SIOCSIFNETMASK, ifr)
}

// interfaceOn finds the interface with an address in a network.
func interfaceOn(network netip.Prefix) (string, error) {
	all, err := net.Interfaces()
	if err != nil {
		return "", err
	}
	for _, i := range all {
		addresses, err := i.Addrs()
		if err != nil {
			continue
		}
		for _, a := range addresses {
			if p, err := netip.ParsePrefix(a.String()); err == nil && p.Masked() == network {
				return i.Name, nil
			}
		}
	}
	return "", errors.New("no interface is on that network")
}
