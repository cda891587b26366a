//! Which addresses are on the internet, and only there. What is not surely global is refused.
//!
//! After the IANA special-purpose address registries (RFC 6890 and its updates). IPv6 addresses in
//! which an IPv4 address is embedded are refused altogether: whoever means that address can say so.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// IPv4 networks that are refused: address, bits.
const REFUSED_V4: [(Ipv4Addr, u8); 17] = [
    (Ipv4Addr::new(0, 0, 0, 0), 8),        // this network
    (Ipv4Addr::new(10, 0, 0, 0), 8),       // private
    (Ipv4Addr::new(100, 64, 0, 0), 10),    // carrier-grade NAT; some clouds' metadata
    (Ipv4Addr::new(127, 0, 0, 0), 8),      // loopback
    (Ipv4Addr::new(168, 63, 129, 16), 32), // a cloud's platform service
    (Ipv4Addr::new(169, 254, 0, 0), 16),   // link-local; metadata
    (Ipv4Addr::new(172, 16, 0, 0), 12),    // private
    (Ipv4Addr::new(192, 0, 0, 0), 24),     // protocol assignments; a cloud's metadata
    (Ipv4Addr::new(192, 0, 2, 0), 24),     // documentation
    (Ipv4Addr::new(192, 88, 99, 0), 24),   // 6to4 relays, withdrawn
    (Ipv4Addr::new(192, 168, 0, 0), 16),   // private
    (Ipv4Addr::new(198, 18, 0, 0), 15),    // benchmarks
    (Ipv4Addr::new(198, 51, 100, 0), 24),  // documentation
    (Ipv4Addr::new(203, 0, 113, 0), 24),   // documentation
    (Ipv4Addr::new(224, 0, 0, 0), 4),      // multicast
    (Ipv4Addr::new(240, 0, 0, 0), 4),      // reserved
    (Ipv4Addr::new(255, 255, 255, 255), 32),
];

/// Networks within global unicast (2000::/3) that are refused all the same.
const REFUSED_V6: [(Ipv6Addr, u8); 4] = [
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23), // protocol assignments: Teredo, ORCHID, benchmarks
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32), // documentation
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16), // 6to4
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20), // documentation
];

/// Networks that a name may not lead to even if the name is allowed: link-local ones and the
/// metadata services of clouds. They have to be allowed by address.
const NEVER_BY_NAME: [Net; 6] = [
    Net { address: IpAddr::V4(Ipv4Addr::new(169, 254, 0, 0)), bits: 16 },
    Net { address: IpAddr::V4(Ipv4Addr::new(100, 100, 100, 200)), bits: 32 },
    Net { address: IpAddr::V4(Ipv4Addr::new(168, 63, 129, 16)), bits: 32 },
    Net { address: IpAddr::V4(Ipv4Addr::new(192, 0, 0, 192)), bits: 32 },
    Net { address: IpAddr::V6(Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0)), bits: 10 },
    Net { address: IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254)), bits: 128 },
];

/// A network: an address and how many of its bits count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Net {
    address: IpAddr,
    bits: u8,
}

impl Net {
    /// The network of one address.
    pub fn one(address: IpAddr) -> Self {
        Net { address, bits: if address.is_ipv4() { 32 } else { 128 } }
    }

    /// `10.0.0.0/8`, `fd00::/8`, or one address.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address.parse().ok()?, Some(bits.parse().ok()?)),
            None => (text.parse().ok()?, None),
        };
        let one = Net::one(address);
        let bits = bits.unwrap_or(one.bits);
        (bits <= one.bits).then_some(Net { address, bits })
    }

    /// Whether the address is in it. An IPv4 network holds no IPv6 address, however written.
    pub fn holds(&self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(net), IpAddr::V4(address)) => holds_v4(net, self.bits, address),
            (IpAddr::V6(net), IpAddr::V6(address)) => holds_v6(net, self.bits, address),
            _ => false,
        }
    }
}

impl std::fmt::Display for Net {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let one = self.bits == Net::one(self.address).bits;
        match (self.address, one) {
            (IpAddr::V4(address), true) => write!(f, "{address}"),
            (IpAddr::V6(address), true) => write!(f, "[{address}]"),
            (address, false) => write!(f, "{address}/{}", self.bits),
        }
    }
}

fn holds_v4(net: Ipv4Addr, bits: u8, address: Ipv4Addr) -> bool {
    let mask = u32::MAX.checked_shl(32 - u32::from(bits)).unwrap_or(0);
    u32::from(net) & mask == u32::from(address) & mask
}

fn holds_v6(net: Ipv6Addr, bits: u8, address: Ipv6Addr) -> bool {
    let mask = u128::MAX.checked_shl(128 - u32::from(bits)).unwrap_or(0);
    u128::from(net) & mask == u128::from(address) & mask
}

/// Whether the address is globally routable, in every form that it embeds.
pub fn is_global(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => !REFUSED_V4.iter().any(|&(net, bits)| holds_v4(net, bits, v4)),
        // Outside of 2000::/3 lie ::, ::1, v4-compatible, v4-mapped, NAT64 (64:ff9b::/96 and
        // 64:ff9b:1::/48), discard-only, unique local, link-local, site-local and multicast.
        IpAddr::V6(v6) => {
            v6.segments()[0] & 0xe000 == 0x2000
                && !REFUSED_V6.iter().any(|&(net, bits)| holds_v6(net, bits, v6))
                && !is_isatap(v6)
        }
    }
}

/// An ISATAP interface identifier (RFC 5214 6.1): an IPv4 address behind any prefix.
fn is_isatap(address: Ipv6Addr) -> bool {
    let parts = address.segments();
    matches!(parts[4], 0 | 0x0200) && parts[5] == 0x5efe
}

/// Whether an address may be reached through a name that somebody allowed.
pub(super) fn is_fit_for_names(address: IpAddr) -> bool {
    !NEVER_BY_NAME.iter().any(|net| net.holds(address))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_surely_global_is_refused() {
        let refused = "
            0.0.0.0 0.0.0.1 0.255.255.255 10.0.0.0 10.0.0.1 10.255.255.255 100.64.0.0 100.64.0.1
            100.100.100.200 100.127.255.255 127.0.0.0 127.0.0.1 127.0.0.2 127.1.2.3 127.255.255.255
            168.63.129.16 169.254.0.0 169.254.0.1 169.254.169.254 169.254.170.2 169.254.255.255
            172.16.0.0 172.16.0.1 172.20.1.1 172.31.255.255 192.0.0.0 192.0.0.8 192.0.0.192 192.0.0.255
            192.0.2.0 192.0.2.1 192.0.2.255 192.88.99.0 192.88.99.1 192.168.0.0 192.168.0.1 192.168.1.1
            192.168.255.255 198.18.0.0 198.18.0.1 198.19.255.255 198.51.100.0 198.51.100.7 203.0.113.0
            203.0.113.255 224.0.0.0 224.0.0.1 239.255.255.255 240.0.0.0 240.0.0.1 254.254.254.254
            255.255.255.254 255.255.255.255
            :: ::1 ::2 ::7f00:1 ::127.0.0.1 ::10.0.0.1 ::8.8.8.8 ::ffff:127.0.0.1 ::ffff:10.0.0.1
            ::ffff:169.254.169.254 ::ffff:8.8.8.8 ::ffff:0:127.0.0.1 64:ff9b::127.0.0.1 64:ff9b::8.8.8.8
            64:ff9b::a9fe:a9fe 64:ff9b:1::1 64:ff9b:1:ffff::10.0.0.1 100::1 100:0:0:1::1 2001::1
            2001:0:4136:e378:8000:63bf:3fff:fdd2 2001:2::1 2001:3::1 2001:4:112::1 2001:10::1 2001:20::1
            2001:1ff:ffff::1 2001:db8::1 2001:db8:ffff::1 2002::1 2002:7f00:1::1 2002:a9fe:a9fe::1
            2002:808:808::1 3fff::1 3fff:fff::1 5f00::1 fc00::1 fd00::1 fd00:ec2::254 fdff::1 fe80::1
            fe80::a9fe:a9fe febf::1 fec0::1 feff::1 ff00::1 ff02::1 ff05::1:3 ffff::1 4000::1 8000::1
            2606:4700::5efe:7f00:1 2606:4700::200:5efe:a00:1 2606:4700::5efe:808:808";
        let mut count = 0;
        for text in refused.split_whitespace() {
            assert!(!is_global(text.parse().unwrap()), "{text}");
            count += 1;
        }
        assert!(count > 100);
    }

    #[test]
    fn the_internet_is_not_refused() {
        let global = "
            1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.1 93.184.215.14 100.63.255.255 100.128.0.0
            126.255.255.255 128.0.0.1 168.63.129.15 168.63.129.17 169.253.255.255 169.255.0.0
            172.15.255.255 172.32.0.0 191.255.255.255 192.0.1.0 192.0.3.0 192.88.98.255 192.88.100.0
            192.167.255.255 192.169.0.0 198.17.255.255 198.20.0.0 198.51.99.255 198.51.101.0
            203.0.112.255 203.0.114.0 223.255.255.255
            2000::1 2001:200::1 2001:4860:4860::8888 2001:db7::1 2001:db9::1 2003::1 2606:4700::1
            2620:fe::fe 2a00:1450:4001::1 3ffe::1 3fff:1000::1";
        for text in global.split_whitespace() {
            assert!(is_global(text.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn networks_are_read_and_hold_their_own_family_only() {
        assert!(Net::parse("10.0.0.0/8").unwrap().holds("10.255.0.1".parse().unwrap()));
        assert!(!Net::parse("10.0.0.0/8").unwrap().holds("11.0.0.1".parse().unwrap()));
        assert!(Net::parse("0.0.0.0/0").unwrap().holds("8.8.8.8".parse().unwrap()));
        assert!(!Net::parse("0.0.0.0/0").unwrap().holds("::ffff:8.8.8.8".parse().unwrap()));
        assert!(Net::parse("fd00::/8").unwrap().holds("fd12::1".parse().unwrap()));
        assert!(Net::parse("127.0.0.2").unwrap().holds("127.0.0.2".parse().unwrap()));
        for text in ["", "10.0.0.0/33", "::/129", "10.0.0/8", "a/8", "10.0.0.0/-1"] {
            assert!(Net::parse(text).is_none(), "{text}");
        }
    }
}
