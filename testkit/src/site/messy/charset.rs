//! Character encodings, and the ways in which a page names them (HTML standard, 13.2.3.1).

use crate::site::lang::Lang;
use crate::site::random::Random;

/// An encoding and where it is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Charset {
    /// UTF-8, in the header.
    Utf8Header,
    /// UTF-8, in a meta element.
    Utf8Meta,
    Windows1251Header,
    Windows1251Meta,
    /// In the header; the meta element says UTF-8, which does not count.
    Windows1251OverMeta,
    ShiftJisMeta,
    EucJpHeader,
    Gb18030Header,
    /// The label `gb2312` stands for GBK.
    Gb2312Meta,
    Iso8859d2Header,
    /// By `http-equiv`.
    Iso8859d2HttpEquiv,
    EucKrMeta,
    /// `iso-8859-1` stands for windows-1252, which has the euro sign at 0x80.
    Latin1Header,
    /// UTF-16, little endian, with a byte order mark and no other word of it.
    Utf16Le,
    /// The same, big endian.
    Utf16Be,
    /// A byte order mark of UTF-8 under a header that says `iso-8859-1`.
    BomOverHeader,
}

use Charset::*;

impl Charset {
    /// Every one that is not UTF-8 in the header.
    pub(crate) const ODD: [Charset; 15] = [
        Utf8Meta,
        Windows1251Header,
        Windows1251Meta,
        Windows1251OverMeta,
        ShiftJisMeta,
        EucJpHeader,
        Gb18030Header,
        Gb2312Meta,
        Iso8859d2Header,
        Iso8859d2HttpEquiv,
        EucKrMeta,
        Latin1Header,
        Utf16Le,
        Utf16Be,
        BomOverHeader,
    ];

    /// A language that can be written in it.
    pub(crate) fn language(self, random: &mut Random) -> Lang {
        match self {
            Utf8Header | Utf8Meta | Utf16Le | Utf16Be | BomOverHeader => *random.pick(&Lang::ALL),
            Windows1251Header | Windows1251Meta | Windows1251OverMeta => Lang::Ru,
            ShiftJisMeta | EucJpHeader => Lang::Ja,
            Gb18030Header | Gb2312Meta => Lang::Zh,
            Iso8859d2Header | Iso8859d2HttpEquiv => Lang::Pl,
            EucKrMeta => Lang::Ko,
            Latin1Header => Lang::De,
        }
    }

    /// The value of `Content-Type`.
    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Utf8Header => "text/html; charset=utf-8",
            Windows1251Header => "text/html; charset=windows-1251",
            Windows1251OverMeta => "text/html;charset=\"Windows-1251\"",
            EucJpHeader => "text/html; charset=EUC-JP",
            Gb18030Header => "text/html; charset=gb18030",
            Iso8859d2Header => "text/html; charset=ISO-8859-2",
            Latin1Header | BomOverHeader => "text/html; charset=iso-8859-1",
            _ => "text/html",
        }
    }

    /// What stands in the head.
    pub(crate) fn meta(self) -> &'static str {
        match self {
            Utf8Meta | Windows1251OverMeta => "<meta charset=\"utf-8\">\n",
            Windows1251Meta => "<meta charset=windows-1251>\n",
            ShiftJisMeta => "<META CHARSET='Shift_JIS'>\n",
            Gb2312Meta => "<meta charset=\"gb2312\" />\n",
            Iso8859d2HttpEquiv => {
                "<meta http-equiv=\"Content-Type\" content=\"text/html; charset=iso-8859-2\">\n"
            }
            EucKrMeta => "<meta charset=\"euc-kr\">\n",
            _ => "",
        }
    }

    /// The page's bytes. What the encoding does not have becomes a numeric reference.
    pub(crate) fn encode(self, html: &str) -> Vec<u8> {
        let by = |encoding: &'static encoding_rs::Encoding| encoding.encode(html).0.into_owned();
        match self {
            Utf8Header | Utf8Meta => html.as_bytes().to_vec(),
            Windows1251Header | Windows1251Meta | Windows1251OverMeta => by(encoding_rs::WINDOWS_1251),
            ShiftJisMeta => by(encoding_rs::SHIFT_JIS),
            EucJpHeader => by(encoding_rs::EUC_JP),
            Gb18030Header => by(encoding_rs::GB18030),
            Gb2312Meta => by(encoding_rs::GBK),
            Iso8859d2Header | Iso8859d2HttpEquiv => by(encoding_rs::ISO_8859_2),
            EucKrMeta => by(encoding_rs::EUC_KR),
            Latin1Header => by(encoding_rs::WINDOWS_1252),
            Utf16Le => {
                std::iter::once(0xFEFF).chain(html.encode_utf16()).flat_map(u16::to_le_bytes).collect()
            }
            Utf16Be => {
                std::iter::once(0xFEFF).chain(html.encode_utf16()).flat_map(u16::to_be_bytes).collect()
            }
            BomOverHeader => [b"\xEF\xBB\xBF", html.as_bytes()].concat(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::product::Product;

    #[test]
    fn every_product_survives_its_encoding() {
        for charset in Charset::ODD {
            for index in 0..50 {
                let lang = charset.language(&mut Random::of(7, 9, index));
                let product = Product::of(7, index as u32, lang);
                let text = format!("{} {} {}", product.name, product.price_text(), product.description);
                let bytes = charset.encode(&text);
                let label = match charset {
                    Utf16Le | Utf16Be | Utf8Meta | BomOverHeader => encoding_rs::UTF_8,
                    _ => {
                        let named = format!("{}{}", charset.content_type(), charset.meta());
                        let after = named.to_lowercase();
                        let at = after.find("charset=").map(|i| i + 8).unwrap();
                        let label = after[at..].trim_start_matches(['"', '\'']);
                        let end = label.find(['"', '\'', '>', '<', ';']).unwrap_or(label.len());
                        encoding_rs::Encoding::for_label(&label.as_bytes()[..end]).unwrap()
                    }
                };
                // `decode` heeds a byte order mark.
                assert_eq!(label.decode(&bytes).0, text, "{charset:?}");
            }
        }
    }
}
