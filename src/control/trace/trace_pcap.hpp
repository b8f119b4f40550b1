#pragma once
#include <string>

#include "control/trace/call_trace.hpp"

namespace sipcast {

/// The SIP messages of a call as a pcap file (microseconds, LINKTYPE_RAW): each is one IPv4 or IPv6
/// packet with one UDP datagram, whatever carried it, so that Wireshark shows it without keys and
/// streams. Checksums are right.
std::string to_pcap(const CallTrace& trace);

}  // namespace sipcast
