//! Which oddity falls to which page. Each kind of oddity is a deck of cards; a block of pages gets
//! the whole deck, so that each card is there, and the decks are dealt in different orders.

use super::charset::Charset;
use super::spelling::SPELLINGS;
use crate::site::plan::{BRANCH, BaseHref, Page, Turn, Way};
use crate::site::random::Random;
use crate::site::spec::SiteSpec;
use crate::site::transfer::{Coding, Framing};

/// What a page's address looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    Html,
    Query,
    NonAscii,
    Folder,
    Space,
    EncodedSlash,
    Parameter,
    /// Inside a denied folder, where robots.txt makes an exception.
    Exception,
    MixedCase,
}

/// The canonical target of a page of this shape.
pub(crate) fn target(shape: Shape, i: u32) -> String {
    let group = i % 7;
    match shape {
        Shape::Html => format!("/products/group-{group}/item-{i}.html"),
        // `&copy=` in an attribute is no `©`, because a `=` follows.
        Shape::Query => format!("/item?a=1&copy=2&id={i}"),
        Shape::NonAscii => format!("/caf%C3%A9-%E5%BA%97/{i}"),
        Shape::Folder => format!("/folder/{group}/{i}/"),
        Shape::Space => format!("/with%20space/{i}"),
        Shape::EncodedSlash => format!("/one%2Fsegment/{i}"),
        Shape::Parameter => format!("/semi;v=1/{i}"),
        Shape::Exception => format!("/private/open/{i}"),
        Shape::MixedCase => format!("/MiXed/CaSe-{i}"),
    }
}

const DECK: u32 = 200;

/// The card that page `i` gets of a deck. `stride` has no divisor in common with the deck's size.
fn card(spec: &SiteSpec, i: u32, purpose: u64, stride: u32, size: u32) -> u32 {
    let block = u64::from(i / size);
    let offset = (Random::of(spec.seed, purpose, block).next() % u64::from(size)) as u32;
    ((i % size) * stride + offset) % size
}

/// A page of a messy site.
pub(crate) fn page(spec: &SiteSpec, i: u32) -> Page {
    let leaf = i.saturating_mul(BRANCH) >= spec.pages;
    let charset = match card(spec, i, 20, 7, 40) {
        n @ 0..15 => Charset::ODD[n as usize],
        _ => Charset::Utf8Header,
    };
    let shape = match card(spec, i, 21, 3, 20) {
        0..3 => Shape::Query,
        3..5 => Shape::NonAscii,
        5..7 => Shape::Folder,
        7 => Shape::Space,
        8 => Shape::EncodedSlash,
        9 => Shape::Parameter,
        10 => Shape::Exception,
        11 => Shape::MixedCase,
        _ => Shape::Html,
    };
    let coding = match card(spec, i, 22, 9, 20) {
        0..8 => Coding::Gzip,
        8..11 => Coding::Brotli,
        11..14 => Coding::Zstd,
        14..16 => Coding::Deflate,
        16 => Coding::RawDeflate,
        _ => Coding::Identity,
    };
    let framing = match card(spec, i, 23, 3, 10) {
        0..3 => Framing::Chunked,
        3 => Framing::Close,
        _ => Framing::Length,
    };
    let base = match card(spec, i, 24, 11, 20) {
        0 => BaseHref::Absolute,
        1 => BaseHref::Rooted,
        2 => BaseHref::Relative,
        3 => BaseHref::Twice,
        _ => BaseHref::None,
    };
    Page {
        target: target(shape, i),
        lang: charset.language(&mut Random::of(spec.seed, 25, u64::from(i))),
        way: way(spec, i, leaf),
        charset,
        coding,
        framing,
        turn: turn(spec, i),
        base,
    }
}

fn way(spec: &SiteSpec, i: u32, leaf: bool) -> Way {
    const STATUSES: [u16; 5] = [301, 302, 303, 307, 308];
    match card(spec, i, 26, 13, DECK) {
        0..4 if leaf => Way::Sitemap,
        4..6 if leaf => Way::Nofollow,
        6 if leaf => Way::Iframe,
        n @ 7..17 => Way::Redirect(STATUSES[(n - 7) as usize / 2], n % 2 == 0),
        17..19 => Way::Chain,
        19..23 => Way::Refresh,
        23..27 => Way::Noscript,
        27..31 => Way::Area,
        n @ 31..91 => Way::Spelled((n - 31) as usize % SPELLINGS),
        _ => Way::Any,
    }
}

/// What costs time is kept to the first three decks, however large the site is.
fn turn(spec: &SiteSpec, i: u32) -> Turn {
    let early = i / DECK < 3;
    match card(spec, i, 27, 17, DECK) {
        0..2 => Turn::Fails,
        2 if early => Turn::Busy,
        3 if early => Turn::Slow,
        4..6 => Turn::Wall,
        _ => Turn::None,
    }
}
