// Command addresses brings the loopback interface up and makes whole ranges (CIDRs, its arguments) local to it,
// so that any process may bind any address of them. It is `ip link set lo up; ip route add local RANGE dev lo`
// for machines without iproute2, which the test bed would otherwise need for these two lines alone.
package main

import (
	"encoding/binary"
	"fmt"
	"net"
	"os"
	"syscall"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "Cannot give addresses to the loopback interface:", err)
		os.Exit(1)
	}
}

func run(ranges []string) error {
	loopback, err := net.InterfaceByName("lo")
	if err != nil {
		return err
	}
	index := uint32(loopback.Index)
	if err := ask(syscall.RTM_NEWLINK, 0, linkUp(index)); err != nil {
		return fmt.Errorf("lo up: %w", err)
	}
	for _, text := range ranges {
		_, network, err := net.ParseCIDR(text)
		if err != nil {
			return err
		}
		if err := ask(syscall.RTM_NEWROUTE, syscall.NLM_F_CREATE|syscall.NLM_F_REPLACE, localRoute(network, index)); err != nil {
			return fmt.Errorf("route %s: %w", text, err)
		}
	}
	return nil
}

// linkUp is a struct ifinfomsg: family, padding, type (2 bytes), index, flags, mask of changed flags.
func linkUp(index uint32) []byte {
	body := make([]byte, syscall.SizeofIfInfomsg)
	binary.NativeEndian.PutUint32(body[4:], index)
	binary.NativeEndian.PutUint32(body[8:], syscall.IFF_UP)
	binary.NativeEndian.PutUint32(body[12:], syscall.IFF_UP)
	return body
}

// localRoute is a struct rtmsg with the destination and the interface as attributes.
func localRoute(network *net.IPNet, index uint32) []byte {
	length, _ := network.Mask.Size()
	body := []byte{syscall.AF_INET, byte(length), 0, 0, syscall.RT_TABLE_LOCAL, syscall.RTPROT_BOOT, syscall.RT_SCOPE_HOST, syscall.RTN_LOCAL, 0, 0, 0, 0}
	body = append(body, attribute(syscall.RTA_DST, network.IP.To4())...)
	return append(body, attribute(syscall.RTA_OIF, binary.NativeEndian.AppendUint32(nil, index))...)
}

func attribute(kind uint16, value []byte) []byte {
	head := binary.NativeEndian.AppendUint16(nil, uint16(4+len(value)))
	return append(binary.NativeEndian.AppendUint16(head, kind), value...)
}

// ask sends one request to the kernel and waits for its acknowledgement.
func ask(kind, flags uint16, body []byte) error {
	socket, err := syscall.Socket(syscall.AF_NETLINK, syscall.SOCK_RAW, syscall.NETLINK_ROUTE)
	if err != nil {
		return err
	}
	defer syscall.Close(socket)
	message := binary.NativeEndian.AppendUint32(nil, uint32(syscall.SizeofNlMsghdr+len(body)))
	message = binary.NativeEndian.AppendUint16(message, kind)
	message = binary.NativeEndian.AppendUint16(message, flags|syscall.NLM_F_REQUEST|syscall.NLM_F_ACK)
	message = append(message, make([]byte, 8)...)
	if err := syscall.Sendto(socket, append(message, body...), 0, &syscall.SockaddrNetlink{Family: syscall.AF_NETLINK}); err != nil {
		return err
	}
	answer := make([]byte, 4096)
	if _, _, err := syscall.Recvfrom(socket, answer, 0); err != nil {
		return err
	}
	if code := int32(binary.NativeEndian.Uint32(answer[syscall.SizeofNlMsghdr:])); code != 0 {
		return syscall.Errno(-code)
	}
	return nil
}
