//! Every way to write an address that no crawler may call.

use std::collections::BTreeSet;

/// Spellings of a host that stand for addresses that are not global, as they may stand in a URL: numbers of
/// every base and length, IPv6 around IPv4, other digits and dots, names.
pub fn spellings() -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for address in
        [[127, 0, 0, 1], [10, 0, 0, 1], [169, 254, 169, 254], [192, 168, 1, 1], [172, 31, 0, 9], [0, 0, 0, 0]]
    {
        let number = u32::from_be_bytes(address);
        let [a, b, c, d] = address;
        let low = number & 0xffff;
        let lower = number & 0xff_ffff;
        all.extend([
            format!("{a}.{b}.{c}.{d}"),
            format!("{a}.{b}.{c}.{d}."),
            format!("{number}"),
            format!("{number:#x}"),
            format!("{number:#X}"),
            format!("0{number:o}"),
            format!("{a:#x}.{b:#x}.{c:#x}.{d:#x}"),
            format!("0{a:o}.0{b:o}.0{c:o}.0{d:o}"),
            format!("00000{a:o}.{b}.{c}.{d}"),
            format!("{a:#x}.0{b:o}.{c}.{d}"),
            format!("{a}.{b}.{low}"),
            format!("{a}.{lower}"),
            format!("{a:#x}.{lower:#x}"),
            format!("{a}.{b}.{c}.{d:#010x}"),
            format!("{a}%2e{b}%2E{c}.{d}"),
            format!("{a}\u{3002}{b}\u{ff0e}{c}\u{ff61}{d}"),
            format!("{a}.{b}.{c}.{d}").chars().map(full_width).collect(),
            format!("{number}").chars().map(full_width).collect(),
            format!("{a}.{b}.{c}.{d}").bytes().map(|byte| format!("%{byte:02x}")).collect(),
            format!("user@{a}.{b}.{c}.{d}"),
            format!("example.com@{a}.{b}.{c}.{d}"),
            format!("user:password@{a}.{b}.{c}.{d}"),
            format!("[::ffff:{a}.{b}.{c}.{d}]"),
            format!("[0:0:0:0:0:ffff:{:x}:{:x}]", number >> 16, low),
            format!("[::{a}.{b}.{c}.{d}]"),
            format!("[::ffff:0:{a}.{b}.{c}.{d}]"),
            format!("[64:ff9b::{a}.{b}.{c}.{d}]"),
            format!("[64:ff9b:1::{a}.{b}.{c}.{d}]"),
            format!("[2002:{:x}:{:x}::]", number >> 16, low),
            format!("[2002:{:x}:{:x}::1]", number >> 16, low),
            format!("[2001:0:1:1:1:1:{:x}:{:x}]", !(number >> 16) & 0xffff, !low & 0xffff),
            format!("[2606:4700::5efe:{a}.{b}.{c}.{d}]"),
            format!("[2606:4700::200:5efe:{a}.{b}.{c}.{d}]"),
        ]);
    }
    for text in "[::] [::1] [0:0:0:0:0:0:0:1] [0000::0001] [fe80::1] [fc00::1] [fd00:ec2::254] [fec0::1] [ff02::1]
        [100::1] [2001:db8::1] [3fff::1] [5f00::1] localhost LOCALHOST localhost. a.localhost x.y.localhost.
        loc%61lhost \u{24db}ocalhost ip6-localhost intranet router metadata metadata.google.internal
        metadata.google.internal. METADATA.google.Internal metadata.goog printer.local a.b.svc kubernetes.default.svc
        kubernetes.default.svc.cluster.local host.docker.internal nas.lan router.home.arpa 100.100.100.200
        168.63.129.16 192.0.0.192 100.64.0.1 198.18.0.1 224.0.0.1 255.255.255.255 240.0.0.1 0 127.1 127.0.1 0177.1
        0x7f.1 127.0.0.001 127.000.000.001 127.0.0.2 127.0.0.3"
        .split_whitespace()
    {
        all.insert(text.to_owned());
    }
    all
}

fn full_width(char: char) -> char {
    match char {
        '0'..='9' => char::from_u32(char as u32 - '0' as u32 + 0xff10).unwrap_or(char),
        other => other,
    }
}
