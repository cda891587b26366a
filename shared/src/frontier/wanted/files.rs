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

/// Whether the last segment of a path ends like such a file.
pub(super) fn is_skipped(path: &str) -> bool {
    const LONGEST: usize = 8;
    let name = path.rsplit('/').next().unwrap_or_default();
    let Some((stem, ending)) = name.rsplit_once('.') else { return false };
    if stem.is_empty() || ending.is_empty() || ending.len() > LONGEST {
        return false;
    }
    let mut lower = [0u8; LONGEST];
    let lower = &mut lower[..ending.len()];
    lower.copy_from_slice(ending.as_bytes());
    lower.make_ascii_lowercase();
    SKIPPED_ENDINGS.binary_search_by(|known| known.as_bytes().cmp(lower)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_told_from_pages() {
        assert!(SKIPPED_ENDINGS.is_sorted());
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
