//! Files that are no pages, known by their name's ending.

/// Endings that `scope.skip_files` skips, in lower case and in order. Endings that pages have too
/// (`.py` and `.sh` in a code browser, `.ai` and `.com` as names of things) are not here.
#[rustfmt::skip]
pub const SKIPPED_ENDINGS: [&str; 149] = [
    "3g2", "3gp", "7z", "7zip", "aac", "aif", "aiff", "apk", "appimage", "arj", "asf", "asx",
    "au", "avi", "avif", "azw3", "bin", "bmp", "bz2", "cab", "cdr", "cr2", "css", "cur",
    "deb", "djvu", "dll", "dmg", "dng", "doc", "docb", "docm", "docx", "dotm", "dotx", "drw",
    "dwg", "dxf", "eot", "eps", "epub", "exe", "f4v", "flac", "flv", "gif", "gz", "heic",
    "heif", "hta", "icns", "ico", "ipa", "iso", "jar", "jfif", "jpe", "jpeg", "jpg", "js",
    "jxl", "lz", "lzma", "m2ts", "m4a", "m4b", "m4v", "mid", "midi", "mjs", "mkv", "mng",
    "mobi", "mov", "mp3", "mp4", "mpeg", "mpg", "msi", "msix", "nef", "odg", "odp", "ods",
    "odt", "oga", "ogg", "ogv", "opus", "otf", "parquet", "pct", "pdf", "pkg", "png", "potm",
    "potx", "pps", "ppsx", "ppt", "pptm", "pptx", "psd", "psp", "pst", "qt", "ra", "rar",
    "rm", "rmvb", "rpm", "rtf", "sit", "sqlite", "svg", "svgz", "swf", "tar", "tbz2", "tga",
    "tgz", "tif", "tiff", "torrent", "ttf", "txz", "vob", "war", "wasm", "wav", "weba", "webm",
    "webp", "whl", "wma", "wmv", "woff", "woff2", "xcf", "xls", "xlsb", "xlsm", "xlsx", "xlt",
    "xltm", "xz", "zip", "zst", "zstd",
];

/// The endings as numbers, in the same order: most links are asked about, and numbers compare faster.
const KEYS: [u64; SKIPPED_ENDINGS.len()] = {
    let mut keys = [0; SKIPPED_ENDINGS.len()];
    let mut i = 0;
    while i < keys.len() {
        keys[i] = key(SKIPPED_ENDINGS[i].as_bytes());
        i += 1;
    }
    keys
};

/// At most eight bytes in lower case, the first one highest.
const fn key(ending: &[u8]) -> u64 {
    let (mut key, mut i) = (0, 0);
    while i < 8 {
        let byte = if i < ending.len() { ending[i].to_ascii_lowercase() } else { 0 };
        key = key << 8 | byte as u64;
        i += 1;
    }
    key
}

/// Whether the last segment of a path ends like such a file.
pub(super) fn is_skipped(path: &str) -> bool {
    let bytes = path.as_bytes();
    let tail = &bytes[bytes.len().saturating_sub(9)..];
    let Some(dot) = tail.iter().rposition(|byte| matches!(byte, b'.' | b'/')) else { return false };
    let is_named = bytes.len() - tail.len() + dot > 0 && bytes[bytes.len() - tail.len() + dot - 1] != b'/';
    tail[dot] == b'.' && is_named && KEYS.binary_search(&key(&tail[dot + 1..])).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_told_from_pages() {
        assert!(SKIPPED_ENDINGS.is_sorted() && KEYS.is_sorted());
        assert!(SKIPPED_ENDINGS.iter().all(|ending| (1..=8).contains(&ending.len())));
        for path in ["/a.jpg", "/x/y.PDF", "/film.mp4", "/data.tar.gz", "/app.exe", "/style.css", "/i.woff2"]
        {
            assert!(is_skipped(path), "{path}");
        }
        for path in [
            "/", "/a", "/a.html", "/a.php", "/a.jpg/", "/.jpg", "/jpg", "/v1.2", "/main.py", "/a.",
            "/x.zip/y",
        ] {
            assert!(!is_skipped(path), "{path}");
        }
    }
}
