//! Words of many languages, made of syllables, so that pages hold text in every script.

use super::random::Random;

/// A language that a product page is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lang {
    En,
    De,
    Pl,
    Ru,
    Ja,
    Zh,
    Ko,
}

/// How a language looks on a page.
pub(crate) struct Look {
    /// The `lang` attribute.
    pub code: &'static str,
    /// What words are made of.
    syllables: &'static [&'static str],
    /// Between two words.
    pub space: &'static str,
    /// ISO 4217.
    pub currency: &'static str,
    /// In front of a price, and behind it.
    pub sign: (&'static str, &'static str),
    /// Whether prices have two decimals.
    pub cents: bool,
    /// What a page says of a product that can be had, and of one that cannot.
    pub stock: (&'static str, &'static str),
}

const LATIN: &[&str] = &[
    "al", "an", "ar", "be", "ca", "ce", "co", "da", "de", "di", "do", "el", "en", "er", "es", "fi", "fo",
    "ga", "ge", "ha", "he", "in", "is", "ka", "la", "le", "li", "lo", "ma", "me", "mi", "mo", "na", "ne",
    "ni", "no", "or", "pa", "pe", "po", "ra", "re", "ri", "ro", "sa", "se", "si", "so", "sta", "stra", "ta",
    "te", "ti", "to", "tri", "un", "ur", "va", "ve", "vi", "wa", "we", "ya", "zo",
];
const GERMAN: &[&str] = &[
    "ab", "an", "auf", "ber", "bö", "chen", "de", "der", "ein", "er", "für", "ge", "grö", "heit", "isch",
    "ke", "kü", "land", "lich", "mä", "mög", "ne", "nis", "ö", "schaft", "scheu", "schlü", "sen", "straße",
    "stück", "tät", "tung", "über", "ung", "ver", "wär", "weiß", "zeug",
];
const POLISH: &[&str] = &[
    "ą", "bę", "chło", "cie", "czy", "dzie", "ę", "gło", "ja", "kość", "ków", "łó", "ma", "mię", "na", "nie",
    "ność", "ny", "o", "po", "prze", "ro", "rzą", "się", "sta", "szcze", "ść", "świa", "to", "trzy", "wą",
    "wie", "wy", "za", "zna", "źró", "że", "żół",
];
const RUSSIAN: &[&str] = &[
    "бе", "бы", "ва", "во", "го", "да", "де", "до", "ё", "же", "за", "и", "ка", "ко", "ла", "ли", "ло", "ма",
    "ми", "мо", "на", "не", "ни", "но", "ого", "по", "при", "ра", "ре", "ро", "са", "ска", "ста", "та", "те",
    "то", "ты", "цы", "чи", "ша", "щи", "ый", "эт", "юн", "я",
];
const JAPANESE: &[&str] = &[
    "日", "本", "の", "新", "しい", "商", "品", "高", "級", "時", "計", "木", "製", "机", "青", "い", "大",
    "き", "な", "椅", "子", "カ", "メ", "ラ", "テ", "ー", "ブ", "ル", "電", "話", "花", "水", "山", "表",
];
const CHINESE: &[&str] = &[
    "新", "商", "品", "中", "国", "制", "造", "木", "桌", "椅", "子", "手", "机", "电", "脑", "书", "红",
    "蓝", "大", "小", "好", "用", "家", "居", "花", "茶", "丝", "绸", "镕", "龙", "风", "水", "山", "石",
];
const KOREAN: &[&str] = &[
    "가", "나", "다", "라", "마", "바", "사", "아", "자", "차", "카", "타", "파", "하", "한", "국", "제",
    "품", "새", "로", "운", "의", "자", "책", "상", "꽃", "물", "산", "빛", "뷁",
];

impl Lang {
    pub(crate) const ALL: [Lang; 7] = [Lang::En, Lang::De, Lang::Pl, Lang::Ru, Lang::Ja, Lang::Zh, Lang::Ko];

    pub(crate) fn look(self) -> Look {
        let look = |code, syllables, space, currency, sign, cents, stock| Look {
            code,
            syllables,
            space,
            currency,
            sign,
            cents,
            stock,
        };
        match self {
            Lang::En => look("en", LATIN, " ", "USD", ("$", ""), true, ("In stock", "Sold out")),
            Lang::De => look("de", GERMAN, " ", "EUR", ("€ ", ""), true, ("Verfügbar", "Ausverkauft")),
            Lang::Pl => look("pl", POLISH, " ", "PLN", ("", " zł"), true, ("Dostępny", "Wyprzedany")),
            Lang::Ru => look("ru", RUSSIAN, " ", "RUB", ("", " руб."), true, ("Есть", "Нет")),
            Lang::Ja => look("ja", JAPANESE, "", "JPY", ("", " 円"), false, ("在庫あり", "品切れ")),
            Lang::Zh => look("zh", CHINESE, "", "CNY", ("", " 元"), true, ("有货", "缺货")),
            Lang::Ko => look("ko", KOREAN, " ", "KRW", ("", " 원"), false, ("있음", "없음")),
        }
    }
}

impl Look {
    /// Adds one word.
    pub(crate) fn word(&self, random: &mut Random, to: &mut String) {
        for _ in 0..1 + random.below(3) {
            to.push_str(self.syllables[random.skewed(self.syllables.len())]);
        }
    }

    /// So many words, the first letter large where the script has large ones.
    pub(crate) fn words(&self, random: &mut Random, count: usize) -> String {
        let mut text = String::new();
        for i in 0..count {
            if i > 0 {
                text.push_str(self.space);
            }
            self.word(random, &mut text);
        }
        let mut chars = text.chars();
        match chars.next() {
            Some(first) => first.to_uppercase().chain(chars).collect(),
            None => text,
        }
    }

    /// A sentence of 6 to 15 words.
    pub(crate) fn sentence(&self, random: &mut Random) -> String {
        let count = 6 + random.below(10);
        let mut text = self.words(random, count);
        text.push('.');
        text
    }
}
