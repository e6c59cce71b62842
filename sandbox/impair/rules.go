package impair

import (
	"encoding/binary"
	"net/netip"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
	"github.com/google/nftables/xt"

	"pattarai/sandbox/agent"
)

var table = &nftables.Table{Family: nftables.TableFamilyIPv4, Name: "pattarai"}

// direct sends the packets from and to all peers to the queue. Kernels without
// nf_tables' own queue take the one of iptables.
func direct(rules map[netip.Addr]agent.LinkRule) error {
	native := &expr.Queue{Num: queueNumber, Total: 1, Flag: expr.QueueFlagBypass}
	if err := replaceTable(rules, native); err == nil {
		return nil
	}
	return replaceTable(rules, legacyQueue())
}

// legacyQueue is iptables' NFQUEUE target, revision 3: queue, number of queues,
// flags (1 is bypass), filled up to eight bytes (linux/netfilter/xt_NFQUEUE.h).
func legacyQueue() *expr.Target {
	info := xt.Unknown(make([]byte, 8))
	binary.NativeEndian.PutUint16(info[0:], queueNumber)
	binary.NativeEndian.PutUint16(info[2:], 1)
	binary.NativeEndian.PutUint16(info[4:], 1)
	return &expr.Target{Name: "NFQUEUE", Rev: 3, Info: &info}
}

// replaceTable puts our table in place of what an earlier process left.
func replaceTable(rules map[netip.Addr]agent.LinkRule, target expr.Any) error {
	c, err := nftables.New()
	if err != nil {
		return err
	}
	c.AddTable(table)
	c.DelTable(table)
	c.AddTable(table)
	for name, way := range map[string]struct {
		hook   *nftables.ChainHook
		offset uint32 // Of the peer's address in the IPv4 header.
	}{"leaving": {nftables.ChainHookOutput, 16}, "coming": {nftables.ChainHookInput, 12}} {
		chain := c.AddChain(&nftables.Chain{Name: name, Table: table, Type: nftables.ChainTypeFilter, Hooknum: way.hook, Priority: nftables.ChainPriorityFilter})
		for peer := range rules {
			c.AddRule(&nftables.Rule{Table: table, Chain: chain, Exprs: []expr.Any{
				&expr.Payload{DestRegister: 1, Base: expr.PayloadBaseNetworkHeader, Offset: way.offset, Len: 4},
				&expr.Cmp{Op: expr.CmpOpEq, Register: 1, Data: peer.AsSlice()},
				target,
			}})
		}
	}
	return c.Flush()
}

// undirect removes our table.
func undirect() error {
	c, err := nftables.New()
	if err != nil {
		return err
	}
	c.DelTable(table)
	return c.Flush()
}
